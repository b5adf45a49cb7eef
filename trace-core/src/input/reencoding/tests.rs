//! Traces that are changed here as tools for text change them, and turned back.

use super::*;

/// What `restored` makes of bytes, and what it says about it.
fn turned_back(bytes: &[u8]) -> (Result<Vec<u8>, String>, Option<String>) {
    let restoration = Restoration::default();
    let bytes: Bytes<'_> = Box::new(Cursor::new(bytes.to_vec()));
    let mut out = Vec::new();
    let read = restored(Peeked::new(bytes), &restoration).and_then(|mut bytes| bytes.read_to_end(&mut out));
    (read.map(|_| out).map_err(|error| Error::from(error).to_string()), restoration.text().map(str::to_owned))
}

/// A header, a batch header, and all bytes there are, in an order of their own.
fn trace() -> Vec<u8> {
    let mut out =
        b"go 1.26 trace\0\0\0\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\xab\xd8\x91\xac\xba\x01\x97".to_vec();
    out.extend((0..2000u32).map(|at| u8::try_from(at * 167 % 256).unwrap()));
    out.extend(b"\n\r\n\r\r\nx");
    out
}

fn characters(bytes: &[u8], page: &str) -> String {
    let upper: Vec<char> = match page {
        "Latin-1" => (0x80..0x100u32).map(|c| char::from_u32(c).unwrap()).collect(),
        _ => code_page::tests::upper(page).chars().collect(),
    };
    let of = |&byte: &u8| upper.get(usize::from(byte).wrapping_sub(0x80)).copied().unwrap_or(char::from(byte));
    bytes.iter().map(of).collect()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

/// What PowerShell does: line by line, each ended with CR LF.
fn as_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.strip_suffix('\n').unwrap_or(&text).replace('\n', "\r\n") + "\r\n"
}

#[test]
fn sound_bytes_stay_as_they_are() {
    let mut old = b"go 1.21 trace\0\0\0\x41\0\x9c\xa8\xd1\xd6\xc8\x05".to_vec();
    old.extend([0x90; 600]);
    let zeros = [b"go 1.26 trace\0\0\0".as_slice(), &[0; 1000]].concat();
    let printed = [b"on :8080\r\n\r\n\r\n\r\n".as_slice(), &trace()].concat();
    for bytes in [trace(), old, zeros, printed, b"go 1.26 trace\0\0\0".to_vec(), b"hello\r\n".repeat(90), Vec::new()] {
        assert_eq!(turned_back(&bytes), (Ok(bytes.clone()), None));
    }
}

#[test]
fn every_code_page_is_turned_back_in_every_layout() {
    for page in ["Latin-1", "code page 1252", "code page 437", "code page 850", "code page 852", "code page 866"] {
        let text = characters(&trace(), page);
        let marked = format!("\u{feff}{text}");
        let files = [
            utf16(&marked, u16::to_le_bytes),
            utf16(&marked, u16::to_be_bytes),
            utf16(&text, u16::to_le_bytes),
            utf16(&format!("\u{feff}listening on :8080\r\n{text}"), u16::to_le_bytes),
            text.clone().into_bytes(),
            marked.into_bytes(),
            format!("grüße 日本\n{text}").into_bytes(),
        ];
        for file in files {
            let (bytes, said) = turned_back(&file);
            assert_eq!(bytes, Ok(trace()), "{page}");
            assert!(said.is_some_and(|said| said.contains(page)), "{page}");
        }
    }
}

#[test]
fn large_files_are_turned_back_as_they_come() {
    let large = trace().repeat(1000);
    for file in
        [characters(&large, "code page 437").into_bytes(), utf16(&characters(&large, "Latin-1"), u16::to_le_bytes)]
    {
        assert!(turned_back(&file).0 == Ok(large.clone()));
    }
    // What is foreign comes late: all before it is there.
    let mut text = characters(&large, "Latin-1");
    text.push('日');
    let restoration = Restoration::default();
    let bytes: Bytes<'_> = Box::new(Cursor::new(text.into_bytes()));
    let mut out = Vec::new();
    let error = restored(Peeked::new(bytes), &restoration).unwrap().read_to_end(&mut out).unwrap_err().to_string();
    assert!(out == large && error.contains("U+65E5"), "{error}");
}

#[test]
fn lines_made_of_line_ends_cannot_be_turned_back() {
    for page in ["Latin-1", "code page 1252", "code page 437", "code page 850"] {
        let lines = as_lines(&characters(&trace(), page));
        let (bytes, said) = turned_back(&utf16(&format!("\u{feff}{lines}"), u16::to_le_bytes));
        let error = bytes.unwrap_err();
        assert!(error.contains("PowerShell") && error.contains("which of the two it was is lost"), "{error}");
        assert!(error.contains("curl.exe -o out.trace") && said.is_none(), "{error}");
        let error = turned_back(lines.as_bytes()).0.unwrap_err();
        assert!(error.contains("UTF-8") && error.contains("which of the two"), "{error}");
        let error = turned_back(lines.replace('\r', "").as_bytes()).0.unwrap_err();
        assert!(error.contains("which of the two"), "{error}");
    }
}

#[test]
fn a_trace_without_line_ends_survives_powershell() {
    let trace: Vec<u8> = trace().into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let lines = as_lines(&characters(&trace, "code page 850"));
    assert_eq!(turned_back(&utf16(&format!("\u{feff}{lines}"), u16::to_le_bytes)).0, Ok(trace));
}

#[test]
fn replaced_bytes_are_named() {
    let lossy = String::from_utf8_lossy(&trace()).into_owned();
    for file in [lossy.clone().into_bytes(), utf16(&format!("\u{feff}{lossy}"), u16::to_le_bytes)] {
        let error = turned_back(&file).0.unwrap_err();
        assert!(error.contains("U+FFFD") && error.contains("cannot be undone"), "{error}");
    }
    let ascii: Vec<u8> = trace().iter().map(|&byte| if byte < 0x80 { byte } else { b'?' }).collect();
    let error = turned_back(&ascii).0.unwrap_err();
    assert!(error.contains("question marks"), "{error}");
    let other = characters(&trace(), "Latin-1").replace('\u{e9}', "日");
    assert!(turned_back(other.as_bytes()).0.unwrap_err().contains("no byte in any code page"));
}

#[test]
fn cr_before_each_lf_is_left_out() {
    let mangled: Vec<u8> =
        trace().iter().flat_map(|&b| if b == b'\n' { vec![b'\r', b'\n'] } else { vec![b] }).collect();
    let (bytes, said) = turned_back(&mangled);
    assert_eq!(bytes, Ok(trace()));
    assert!(said.is_some_and(|said| said.contains("text mode")));
}

#[test]
fn text_in_utf16_that_is_no_trace_becomes_utf8() {
    let text = "Could not enable tracing: Grüße\r\n";
    assert_eq!(
        turned_back(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)).0,
        Ok(format!("\u{feff}{text}").into())
    );
    // Half a character at the end.
    assert!(turned_back(b"\xff\xfea\0\x3d\xd8\x00").0.is_ok());
}
