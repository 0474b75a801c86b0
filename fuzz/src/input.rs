//! Cutting the bytes of one input into what a property needs, so that seeds stay readable.

/// The pieces between bytes `0xff`, which no text contains; the last piece takes the rest.
pub(crate) fn pieces<const N: usize>(data: &[u8]) -> Option<[&[u8]; N]> {
    let pieces: Vec<&[u8]> = data.splitn(N, |&byte| byte == 0xff).collect();
    pieces.try_into().ok()
}

/// The same as texts.
pub(crate) fn texts<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let texts: Option<Vec<&str>> =
        pieces::<N>(data)?.iter().map(|piece| std::str::from_utf8(piece).ok()).collect();
    texts?.try_into().ok()
}

/// A stream, and the same stream in reads of the sizes that the bytes before the first `0xff` give.
pub(crate) fn reads(data: &[u8]) -> Option<(&[u8], Vec<&[u8]>)> {
    let [sizes, stream] = pieces::<2>(data)?;
    let mut rest = stream;
    let mut reads = Vec::new();
    for &size in sizes {
        let (read, after) = rest.split_at(usize::from(size).min(rest.len()));
        reads.push(read);
        rest = after;
    }
    reads.push(rest);
    Some((stream, reads))
}
