//! `Store`: what a task writes a received file to, and where the file is once it is whole.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use bytes::Bytes;

use super::Memory;
use super::hashed::Hashed;
use super::sink::Wanted;

/// What a received file is written to. Dropping it removes what was written, where that is possible.
pub(crate) trait Store: Send + fmt::Debug {
    /// Puts octets to their place.
    fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()>;

    /// Reads octets back that were written.
    fn read(&mut self, offset: u64, len: usize) -> io::Result<Bytes>;

    /// Everything is written and is what was promised.
    fn commit(self: Box<Self>) -> io::Result<Stored>;

    /// Whether what was written stays for a later transfer when this is dropped.
    fn keeps(&self) -> bool {
        false
    }

    /// What was written is not what was promised: nothing of it may stay.
    fn spoil(self: Box<Self>) {}
}

/// A file that is not whole yet.
#[derive(Debug)]
pub(crate) enum Part {
    /// It is written at once.
    Memory(Memory),
    /// Writing may block, so a task does it.
    Blocking(Hashed),
}

impl Part {
    /// What is written to `store`, and hashed on the way if anything was promised.
    pub(super) fn blocking(store: impl Store + 'static, wanted: &Wanted) -> Self {
        let algorithm = wanted.promised.map(|promised| promised.algorithm());
        Self::Blocking(Hashed::new(Box::new(store), algorithm))
    }
}

/// Where a file is that arrived.
#[derive(Debug)]
pub(crate) enum Stored {
    /// On disk, under this name.
    Path(PathBuf),
    /// In memory.
    Octets(Bytes),
    /// With whom the user gave it to.
    Given,
}

/// A writer of the user's.
pub(super) struct Stream {
    writer: Box<dyn Write + Send>,
    position: u64,
}

impl Stream {
    pub(super) fn new(writer: Box<dyn Write + Send>) -> Self {
        Self { writer, position: 0 }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stream({} octets)", self.position)
    }
}

impl Store for Stream {
    fn write(&mut self, offset: u64, octets: &[u8]) -> io::Result<()> {
        if offset != self.position {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "octets out of order for a writer"));
        }
        self.writer.write_all(octets)?;
        self.position = offset.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn read(&mut self, _offset: u64, _len: usize) -> io::Result<Bytes> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "a writer cannot be read"))
    }

    fn commit(mut self: Box<Self>) -> io::Result<Stored> {
        self.writer.flush()?;
        Ok(Stored::Given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_takes_octets_in_order_only() {
        let mut stream = Stream::new(Box::new(io::sink()));
        stream.write(0, b"ab").unwrap();
        assert_eq!(stream.write(3, b"d").unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert_eq!(stream.write(0, b"d").unwrap_err().kind(), io::ErrorKind::Unsupported);
        stream.write(2, b"c").unwrap();
        assert_eq!(stream.read(0, 1).unwrap_err().kind(), io::ErrorKind::Unsupported);
        assert!(matches!(Box::new(stream).commit(), Ok(Stored::Given)));
    }
}
