//! A pull reader for JSON: values are taken one by one from a stream, in a bounded amount of memory, and every fault
//! has its place. It is lenient where that costs nothing (control characters in strings, text that is no UTF-8).

use std::io::{self, Read};

/// Bytes read at a time.
const STEP: usize = 64 << 10;
/// Bytes of a string that are kept.
const MOST_TEXT: usize = 16 << 10;
/// How deep values may nest.
const MOST_DEPTH: u32 = 96;
/// Bytes of a key that matter: longer ones mean nothing here.
const KEY_BYTES: usize = 40;

/// Why no value could be taken.
#[derive(Debug)]
pub(super) enum JsonError {
    Io(io::Error),
    /// The stream ends inside a value that began before this offset.
    End(u64),
    Syntax(u64),
    TooDeep(u64),
}

impl From<io::Error> for JsonError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) type Result<T> = std::result::Result<T, JsonError>;

/// The name of a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    bytes: [u8; KEY_BYTES],
    len: usize,
}

impl Key {
    fn new(text: &str) -> Self {
        let mut bytes = [0; KEY_BYTES];
        let len = if text.len() > KEY_BYTES { 0 } else { text.len() };
        for (to, from) in bytes.iter_mut().zip(text.bytes().take(len)) {
            *to = from;
        }
        Self { bytes, len }
    }

    /// The text; empty if it is longer than any that means something.
    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// A value that holds no others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Text(&'a str),
    Number(&'a str),
    Bool(bool),
    /// Null, or an object or array, which has been skipped.
    Other,
}

pub(super) struct Json<'a> {
    input: Box<dyn Read + Send + 'a>,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Offset of the buffer's first byte.
    base: u64,
    depth: u32,
    text: Vec<u8>,
    lossy: String,
}

impl<'a> Json<'a> {
    pub(super) fn new(input: Box<dyn Read + Send + 'a>) -> Self {
        let (buffer, text, lossy) = (vec![0; STEP], Vec::new(), String::new());
        Self { input, buffer, at: 0, end: 0, base: 0, depth: 0, text, lossy }
    }

    /// The offset of the next byte.
    pub(super) const fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    fn fill(&mut self) -> Result<bool> {
        self.base += self.end as u64;
        (self.at, self.end) = (0, 0);
        loop {
            match self.input.read(&mut self.buffer) {
                Ok(count) => {
                    self.end = count.min(self.buffer.len());
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next byte, which stays.
    fn peek(&mut self) -> Result<Option<u8>> {
        if self.at >= self.end && !self.fill()? {
            return Ok(None);
        }
        Ok(self.buffer.get(self.at).copied())
    }

    fn need(&mut self) -> Result<u8> {
        let byte = self.peek()?.ok_or(JsonError::End(self.offset()))?;
        self.at += 1;
        Ok(byte)
    }

    /// The first byte of what follows after white space; `None` at the end.
    pub(super) fn next_byte(&mut self) -> Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    fn needs(&mut self) -> Result<u8> {
        self.next_byte()?.ok_or(JsonError::End(self.offset()))
    }

    fn expect(&mut self, wanted: u8) -> Result<()> {
        if self.needs()? == wanted {
            self.at += 1;
            return Ok(());
        }
        Err(JsonError::Syntax(self.offset()))
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MOST_DEPTH { Err(JsonError::TooDeep(self.offset())) } else { Ok(()) }
    }

    /// Goes through the members of an object; `each` takes the value of its key. What is no object is skipped: false.
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, Key) -> Result<()>) -> Result<bool> {
        if self.needs()? != b'{' {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        self.deeper()?;
        let mut is_first = true;
        loop {
            match self.needs()? {
                b'}' => break,
                b',' if !is_first => self.at += 1,
                _ if is_first => {}
                _ => return Err(JsonError::Syntax(self.offset())),
            }
            is_first = false;
            if self.needs()? != b'"' {
                return Err(JsonError::Syntax(self.offset()));
            }
            self.string()?;
            let key = std::str::from_utf8(&self.text).map_or_else(|_| Key::new(""), Key::new);
            self.expect(b':')?;
            each(self, key)?;
        }
        self.at += 1;
        self.depth -= 1;
        Ok(true)
    }

    /// Goes through an array; `each` takes one value. What is no array is skipped: false.
    pub(super) fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<()>) -> Result<bool> {
        if self.needs()? != b'[' {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        self.deeper()?;
        let mut is_first = true;
        loop {
            match self.needs()? {
                b']' => break,
                b',' if !is_first => self.at += 1,
                _ if is_first => {}
                _ => return Err(JsonError::Syntax(self.offset())),
            }
            is_first = false;
            each(self)?;
        }
        self.at += 1;
        self.depth -= 1;
        Ok(true)
    }

    pub(super) fn scalar(&mut self) -> Result<Scalar<'_>> {
        match self.needs()? {
            b'"' => {
                self.string()?;
                if std::str::from_utf8(&self.text).is_err() {
                    self.lossy = String::from_utf8_lossy(&self.text).into_owned();
                    return Ok(Scalar::Text(&self.lossy));
                }
                Ok(Scalar::Text(std::str::from_utf8(&self.text).unwrap_or_default()))
            }
            b'{' | b'[' => {
                self.skip()?;
                Ok(Scalar::Other)
            }
            b'-' | b'0'..=b'9' => {
                self.word()?;
                Ok(Scalar::Number(std::str::from_utf8(&self.text).unwrap_or_default()))
            }
            _ => {
                let start = self.offset();
                self.word()?;
                match self.text.as_slice() {
                    b"true" => Ok(Scalar::Bool(true)),
                    b"false" => Ok(Scalar::Bool(false)),
                    b"null" => Ok(Scalar::Other),
                    _ => Err(JsonError::Syntax(start)),
                }
            }
        }
    }

    /// Leaves out a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<()> {
        match self.needs()? {
            b'{' => self.object(|json, _| json.skip()).map(|_| ()),
            b'[' => self.array(Self::skip).map(|_| ()),
            _ => self.scalar().map(|_| ()),
        }
    }

    /// Letters, digits and signs up to whatever else comes, into `text`.
    fn word(&mut self) -> Result<()> {
        self.text.clear();
        while let Some(byte @ (b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.')) = self.peek()? {
            if self.text.len() >= MOST_TEXT {
                return Err(JsonError::Syntax(self.offset()));
            }
            self.text.push(byte);
            self.at += 1;
        }
        if self.text.is_empty() { Err(JsonError::Syntax(self.offset())) } else { Ok(()) }
    }

    /// A string into `text`, of which no more than so much is kept.
    fn string(&mut self) -> Result<()> {
        self.at += 1;
        self.text.clear();
        loop {
            if self.at >= self.end && !self.fill()? {
                return Err(JsonError::End(self.offset()));
            }
            let rest = self.buffer.get(self.at..self.end).unwrap_or_default();
            let plain = rest.iter().position(|&byte| byte == b'"' || byte == b'\\').unwrap_or(rest.len());
            let room = MOST_TEXT.saturating_sub(self.text.len()).min(plain);
            self.text.extend_from_slice(rest.get(..room).unwrap_or_default());
            let stop = rest.get(plain).copied();
            self.at += plain;
            match stop {
                None => {}
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => {
                    self.at += 1;
                    self.escape()?;
                }
            }
        }
    }

    fn escape(&mut self) -> Result<()> {
        let start = self.offset();
        let c = match self.need()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'u' => self.code_point()?,
            _ => return Err(JsonError::Syntax(start)),
        };
        if self.text.len() < MOST_TEXT {
            self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }

    /// What follows `\u`. Half of a pair stands for nothing.
    fn code_point(&mut self) -> Result<char> {
        let first = self.four_digits()?;
        if (0xd800..0xdc00).contains(&first) && self.peek()? == Some(b'\\') {
            self.at += 1;
            if self.need()? != b'u' {
                return Err(JsonError::Syntax(self.offset()));
            }
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.need()?).to_digit(16).ok_or(JsonError::Syntax(self.offset()))?;
            code = code << 4 | digit;
        }
        Ok(code)
    }

    /// Leaves out bytes, whatever they are.
    pub(super) fn skip_bytes(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.need()?;
        }
        Ok(())
    }

    /// Goes to the start of the next line, outside of all values.
    pub(super) fn next_line(&mut self) -> Result<()> {
        self.depth = 0;
        while let Some(byte) = self.peek()? {
            self.at += 1;
            if byte == b'\n' {
                break;
            }
        }
        Ok(())
    }

    /// Goes to the start of the next line that begins with a bracket, outside of all values. Lines inside of an object
    /// that is written over several are indented.
    pub(super) fn next_object_line(&mut self) -> Result<()> {
        loop {
            self.next_line()?;
            if matches!(self.peek()?, None | Some(b'{' | b'[')) {
                return Ok(());
            }
        }
    }
}

/// The members of an object in a text that are texts or numbers; nothing if it is none.
pub(crate) fn flat_members(text: &str) -> Vec<(String, String)> {
    let mut members = Vec::new();
    let mut json = Json::new(Box::new(text.as_bytes()));
    // What comes before a fault counts.
    drop(json.object(|json, key| {
        if let Scalar::Text(value) | Scalar::Number(value) = json.scalar()? {
            members.push((key.as_str().to_owned(), value.to_owned()));
        }
        Ok(())
    }));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, so that every value lies over a border.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn of(text: &str) -> Json<'_> {
        Json::new(Box::new(Drops(text.as_bytes())))
    }

    fn text_of(text: &str) -> String {
        match of(text).scalar().unwrap() {
            Scalar::Text(text) => text.to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strings_have_their_escapes_undone() {
        assert_eq!(text_of(r#" "a\"\\\/\n\u00e9\ud83d\ude00é" "#), "a\"\\/\n\u{e9}\u{1f600}é");
        assert_eq!(text_of(r#""\ud800x""#), "\u{fffd}x");
        assert!(matches!(of(r#""\x""#).scalar(), Err(JsonError::Syntax(2))));
        assert!(matches!(of(r#""abc"#).scalar(), Err(JsonError::End(4))));
        let long = format!("\"{}\"", "x".repeat(3 * MOST_TEXT));
        assert_eq!(text_of(&long).len(), MOST_TEXT);
    }

    #[test]
    fn members_and_elements_come_in_order() {
        let mut seen = Vec::new();
        let mut json = of(r#" {"a": 1, "b": [true, null, {"c": "x"}], "d": -1.5e3} rest"#);
        let is_object = json
            .object(|json, key| {
                if key.as_str() == "b" {
                    return json.array(|json| json.skip()).map(|is| assert!(is));
                }
                let value = format!("{}={:?}", key.as_str(), json.scalar()?);
                seen.push(value);
                Ok(())
            })
            .unwrap();
        assert!(is_object);
        assert_eq!(seen, ["a=Number(\"1\")", "d=Number(\"-1.5e3\")"]);
        assert_eq!(json.next_byte().unwrap(), Some(b'r'));
    }

    #[test]
    fn faults_have_their_places() {
        let offset = |text: &str| match of(text).skip().unwrap_err() {
            JsonError::Syntax(at) => (at, "syntax"),
            JsonError::End(at) => (at, "end"),
            JsonError::TooDeep(at) => (at, "deep"),
            JsonError::Io(error) => panic!("{error}"),
        };
        assert_eq!(offset("[1 2]"), (3, "syntax"));
        assert_eq!(offset("{\"a\" 1}"), (5, "syntax"));
        assert_eq!(offset("{a:1}"), (1, "syntax"));
        assert_eq!(offset("[nul]"), (1, "syntax"));
        assert_eq!(offset("{\"a\":"), (5, "end"));
        assert_eq!(offset(&"[".repeat(1000)).1, "deep");
    }
}
