//! Tar archives made in code.

/// A header and its data, filled up to whole blocks. `size` is what the header claims.
pub(super) fn entry_of(kind: u8, name: &[u8], size: &[u8], data: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &name[..name.len().min(100)]);
    put(100, b"0000644\0");
    put(124, size);
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = header.to_vec();
    out.extend(data);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

/// The same with its true size.
pub(super) fn entry(kind: u8, name: &str, data: &[u8]) -> Vec<u8> {
    entry_of(kind, name.as_bytes(), format!("{:011o}\0", data.len()).as_bytes(), data)
}

/// An archive of files.
pub(super) fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out: Vec<u8> = files.iter().flat_map(|(name, data)| entry(b'0', name, data)).collect();
    out.extend([0; 1024]);
    out
}
