//! Zip archives made in code.

/// An archive of files, as they are.
pub(crate) fn stored(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let number = |len: usize| u32::try_from(len).expect("small").to_le_bytes();
    for (name, content) in files {
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend([number(content.len()); 2].concat());
        common.extend(&number(name.len())[..2]);
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(number(out.len()));
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content);
    }
    let start = out.len();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([&number(files.len())[..2]; 2].concat());
    out.extend([number(directory.len()), number(start)].concat());
    out.extend([0, 0]);
    out
}
