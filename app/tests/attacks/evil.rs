//! An evil server before a real one: passes everything on, alters answers, puts frames of its own into sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

type Alter = Box<dyn Fn(&mut Value) + Send>;

struct State {
    upstream: SocketAddr,
    /// Answers to requests whose path holds this text are altered.
    alter: Option<(String, Alter)>,
    /// WebSocket frames that go into the next piece of every socket.
    inject: Vec<Vec<u8>>,
    injected: usize,
    sent: Vec<u8>,
    open: Vec<TcpStream>,
}

/// The evil server.
#[derive(Clone)]
pub struct Evil {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Evil {
    /// Stands before a server.
    pub fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let state = State {
            upstream,
            alter: None,
            inject: Vec::new(),
            injected: 0,
            sent: Vec::new(),
            open: Vec::new(),
        };
        let evil = Self { address: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let state = Arc::clone(&evil.state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&state);
                // A connection that breaks is the client's to notice.
                std::thread::spawn(move || drop(serve(&state, stream)));
            }
        });
        evil
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stands before another server from now on.
    pub fn lead_to(&self, upstream: SocketAddr) {
        let mut state = lock(&self.state);
        state.upstream = upstream;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Alters answers to requests whose path holds a text.
    pub fn alter(&self, path: &str, change: impl Fn(&mut Value) + Send + 'static) {
        lock(&self.state).alter = Some((path.to_owned(), Box::new(change)));
    }

    /// Alters nothing any more.
    pub fn leave(&self) {
        lock(&self.state).alter = None;
    }

    /// Puts a message of its own into every open socket.
    pub fn inject(&self, text: bool, message: Vec<u8>) {
        let mut frame = vec![if text { 0x81 } else { 0x82 }, message.len() as u8];
        frame.extend(message);
        lock(&self.state).inject.push(frame);
    }

    /// Messages that were put in.
    pub fn injected(&self) -> usize {
        lock(&self.state).injected
    }

    /// Everything that clients sent.
    pub fn sent(&self) -> Vec<u8> {
        lock(&self.state).sent.clone()
    }
}

/// Reads to the end of a head; returns it and what came after.
fn read_head(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        match stream.read(&mut piece)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
}

fn read_body(stream: &mut TcpStream, head: &str, mut body: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let length = header(head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while body.len() < length {
        let mut piece = [0; 4096];
        match stream.read(&mut piece)? {
            0 => break,
            count => body.extend_from_slice(&piece[..count]),
        }
    }
    Ok(body)
}

/// One connection: requests one after the other, or a socket until it ends.
fn serve(state: &Arc<Mutex<State>>, mut client: TcpStream) -> std::io::Result<()> {
    let upstream = lock(state).upstream;
    let mut server = TcpStream::connect(upstream)?;
    lock(state).open.extend([client.try_clone()?, server.try_clone()?]);
    loop {
        let (head, rest) = read_head(&mut client)?;
        let body = read_body(&mut client, &head, rest)?;
        lock(state).sent.extend_from_slice(&body);
        server.write_all(head.as_bytes())?;
        server.write_all(&body)?;
        if header(&head, "upgrade").is_some() {
            return socket(state, client, server);
        }
        let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let (answer, rest) = read_head(&mut server)?;
        let mut body = read_body(&mut server, &answer, rest)?;
        if let Some((wanted, change)) = &lock(state).alter
            && path.contains(wanted.as_str())
            && let Ok(mut value) = serde_json::from_slice::<Value>(&body)
        {
            change(&mut value);
            body = value.to_string().into_bytes();
        }
        let kept = answer.lines().filter(|line| !line.to_lowercase().starts_with("content-length"));
        let kept: Vec<&str> = kept.filter(|line| !line.is_empty()).collect();
        write!(client, "{}\r\ncontent-length: {}\r\n\r\n", kept.join("\r\n"), body.len())?;
        client.write_all(&body)?;
    }
}

fn socket(state: &Arc<Mutex<State>>, client: TcpStream, server: TcpStream) -> std::io::Result<()> {
    let (mut up_from, mut up_to) = (client.try_clone()?, server.try_clone()?);
    let up = Arc::clone(state);
    std::thread::spawn(move || {
        let (mut piece, mut bytes) = (vec![0; 16 * 1024], Vec::new());
        while let Ok(count @ 1..) = up_from.read(&mut piece) {
            bytes.extend_from_slice(&piece[..count]);
            // Clients mask what they send.
            while let Some(length) =
                frame_length(&bytes).map(|length| length + 4).filter(|end| *end <= bytes.len())
            {
                let frame: Vec<u8> = bytes.drain(..length).collect();
                let head = frame_length(&frame).unwrap_or(2) + 4 - payload_length(&frame);
                let mask: Vec<u8> = frame[head - 4..head].to_vec();
                let plain = frame[head..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
                lock(&up).sent.extend(plain);
            }
            if up_to.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        let _ = up_to.shutdown(Shutdown::Both);
    });
    let (mut from, mut to) = (server, client);
    let (answer, mut bytes) = read_head(&mut from)?;
    to.write_all(answer.as_bytes())?;
    let mut piece = vec![0; 16 * 1024];
    loop {
        // Only between whole frames is there a place for another.
        while let Some(length) = frame_length(&bytes).filter(|length| *length <= bytes.len()) {
            to.write_all(&bytes[..length])?;
            bytes.drain(..length);
            let lies: Vec<Vec<u8>> = std::mem::take(&mut lock(state).inject);
            lock(state).injected += lies.len();
            for lie in lies {
                to.write_all(&lie)?;
            }
        }
        match from.read(&mut piece)? {
            0 => return to.shutdown(Shutdown::Both),
            count => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn payload_length(bytes: &[u8]) -> usize {
    let head = match bytes.get(1).map_or(0, |byte| byte & 0x7f) {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    frame_length(bytes).unwrap_or(head) - head
}

/// The length of the frame with which the bytes begin, as far as it can be told.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let short = usize::from(*bytes.get(1)? & 0x7f);
    match short {
        126 => Some(4 + usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => Some(10 + u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize),
        _ => Some(2 + short),
    }
}
