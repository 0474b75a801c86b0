//! The rivals: two blocking threads and a socket, in writes and reads of 64 KiB, with nothing else to do.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::measured::{Mark, Measured};
use crate::tls::{Identity, NAME};

const BLOCK: usize = 64 << 10;

/// Which hash.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
}

/// A hash under way.
enum Running {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Running {
    fn new(hash: Hash) -> Self {
        match hash {
            Hash::Sha1 => Self::Sha1(Sha1::new()),
            Hash::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, octets: &[u8]) {
        match self {
            Self::Sha1(hash) => hash.update(octets),
            Self::Sha256(hash) => hash.update(octets),
        }
    }

    fn finish(self) {
        match self {
            Self::Sha1(hash) => drop(black_box(hash.finalize())),
            Self::Sha256(hash) => drop(black_box(hash.finalize())),
        }
    }
}

/// What the receiver does with the octets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Receiver {
    Discard,
    Memory,
    Hash(Hash),
}

/// The hash of everything on one thread.
pub(crate) fn hash_alone(content: &[u8], hash: Hash) -> Measured {
    let start = Mark::now();
    let mut running = Running::new(hash);
    content.chunks(BLOCK).for_each(|block| running.update(block));
    running.finish();
    Mark::now().since(start)
}

/// From memory over loopback.
pub(crate) fn copy(content: &[u8], receiver: Receiver) -> Measured {
    over_loopback(
        |mut socket| content.chunks(BLOCK).for_each(|block| socket.write_all(block).unwrap()),
        |mut socket| {
            let mut block = vec![0; BLOCK];
            match receiver {
                Receiver::Discard => while socket.read(&mut block).unwrap() > 0 {},
                Receiver::Memory => {
                    let mut memory = Vec::with_capacity(content.len() + 1);
                    socket.read_to_end(&mut memory).unwrap();
                    assert_eq!(memory.len(), content.len());
                    return Some(memory);
                }
                Receiver::Hash(hash) => {
                    let mut running = Running::new(hash);
                    loop {
                        let read = socket.read(&mut block).unwrap();
                        if read == 0 {
                            break;
                        }
                        running.update(block.get(..read).unwrap());
                    }
                    running.finish();
                }
            }
            None
        },
    )
}

/// From memory over loopback inside TLS, in writes of 64 KiB.
pub(crate) fn copy_tls(content: &[u8], identity: &Identity) -> Measured {
    let (client, server) = identity.bare();
    over_loopback(
        |socket| {
            let name = NAME.try_into().unwrap();
            let session = rustls::ClientConnection::new(client, name).unwrap();
            let mut stream = rustls::StreamOwned::new(session, socket);
            content.chunks(BLOCK).for_each(|block| stream.write_all(block).unwrap());
            stream.conn.send_close_notify();
            stream.flush().unwrap();
            // Closing with session tickets unread would be a reset.
            stream.sock.shutdown(Shutdown::Write).unwrap();
            while stream.sock.read(&mut [0; 4096]).unwrap() > 0 {}
        },
        |socket| {
            let session = rustls::ServerConnection::new(server).unwrap();
            let mut stream = rustls::StreamOwned::new(session, socket);
            let mut block = vec![0; BLOCK];
            let mut octets = 0;
            loop {
                let read = stream.read(&mut block).unwrap();
                if read == 0 {
                    break;
                }
                octets += read;
            }
            assert_eq!(octets, content.len());
            None
        },
    )
}

/// From file to file over loopback; the file is on the disk in the end.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Measured {
    let measured = over_loopback(
        |mut socket| {
            let mut file = File::open(from).unwrap();
            let mut block = vec![0; BLOCK];
            loop {
                let read = file.read(&mut block).unwrap();
                if read == 0 {
                    break;
                }
                socket.write_all(block.get(..read).unwrap()).unwrap();
            }
        },
        |mut socket| {
            let mut file = File::create(to).unwrap();
            let mut block = vec![0; BLOCK];
            loop {
                let read = socket.read(&mut block).unwrap();
                if read == 0 {
                    break;
                }
                file.write_all(block.get(..read).unwrap()).unwrap();
            }
            file.sync_all().unwrap();
            None
        },
    );
    std::fs::remove_file(to).unwrap();
    measured
}

/// Runs both ends; the receiver's memory is freed when the clock has stopped.
fn over_loopback(
    send: impl FnOnce(TcpStream) + Send,
    receive: impl FnOnce(TcpStream) -> Option<Vec<u8>> + Send,
) -> Measured {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        let start = Mark::now();
        let receiver = scope.spawn(move || {
            let memory = receive(listener.accept().unwrap().0);
            (Mark::now(), memory)
        });
        send(TcpStream::connect(address).unwrap());
        let (end, memory) = receiver.join().unwrap();
        drop(memory);
        end.since(start)
    })
}
