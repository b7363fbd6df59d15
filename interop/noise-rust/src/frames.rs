//! Length-prefixed messages on a TCP connection.

use crate::{Failure, Outcome};
use std::io::{BufReader, BufWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

pub const MAX_MESSAGE: usize = 65535;

pub struct Frames {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    writer: BufWriter<TcpStream>,
    /// Bytes of a length: 2 or 4.
    prefix: usize,
}

impl Frames {
    pub fn connect(port: u16, prefix: usize) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_write_timeout(Some(Duration::from_secs(60)))?;
        let reader = BufReader::with_capacity(1 << 16, stream.try_clone()?);
        let writer = BufWriter::with_capacity(1 << 16, stream.try_clone()?);
        Ok(Frames { stream, reader, writer, prefix })
    }

    pub fn write(&mut self, message: &[u8]) -> Outcome<()> {
        let length = (message.len() as u32).to_be_bytes();
        self.writer.write_all(&length[4 - self.prefix..])?;
        self.writer.write_all(message)?;
        Ok(())
    }

    /// Reads a message to the beginning of the buffer and gives its length. What waits to be sent is sent first, when
    /// it would have to wait itself.
    pub fn read(&mut self, buffer: &mut [u8; MAX_MESSAGE]) -> Outcome<usize> {
        if self.reader.buffer().is_empty() {
            self.writer.flush()?;
        }
        let mut length = [0; 4];
        self.reader.read_exact(&mut length[4 - self.prefix..])?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MAX_MESSAGE {
            return Err(Failure::Other(format!("a message of {length} bytes")));
        }
        self.reader.read_exact(&mut buffer[..length])?;
        Ok(length)
    }

    /// Half-closes, and waits for the end of the other side, which has nothing more to say.
    pub fn end(&mut self) -> Outcome<()> {
        self.writer.flush()?;
        self.stream.shutdown(Shutdown::Write)?;
        match std::io::copy(&mut self.reader, &mut std::io::sink())? {
            0 => Ok(()),
            rest => Err(Failure::Other(format!("{rest} bytes after the last step"))),
        }
    }
}
