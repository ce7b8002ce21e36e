//! A TCP forwarder between a device and the server: it can be cut, it records, and it acts after so many bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the device to the server.
    Up,
    /// From the server to the device.
    Down,
}

/// Both directions of one connection.
#[derive(Debug, Default, Clone)]
pub struct Recording {
    /// What the device sent.
    pub up: Vec<u8>,
    /// What the server sent.
    pub down: Vec<u8>,
}

type Action = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    upstream: Option<SocketAddr>,
    open: Vec<TcpStream>,
    recordings: Option<Vec<Recording>>,
    trigger: Option<(Way, u64, Action)>,
    bytes: [u64; 2],
}

impl State {
    fn close(&mut self) {
        for stream in self.open.drain(..) {
            // A connection that has ended by itself is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// The forwarder. Its address stays while servers come and go behind it.
#[derive(Clone)]
pub struct Wire {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}

impl Wire {
    /// Listens on a free port and leads nowhere yet.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its number");
        let wire = Self { address, state: Arc::default() };
        let state = Arc::downgrade(&wire.state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(state) = state.upgrade() else { return };
                accept(&state, stream);
            }
        });
        wire
    }

    /// Returns the address to give to devices.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to a server from now on, or nowhere: connections under way break.
    pub fn lead_to(&self, upstream: Option<SocketAddr>) {
        let mut state = lock(&self.state);
        state.upstream = upstream;
        state.close();
    }

    /// Begins to keep every byte.
    pub fn record(&self) {
        lock(&self.state).recordings = Some(Vec::new());
    }

    /// Returns what was recorded so far, a connection each.
    pub fn recordings(&self) -> Vec<Recording> {
        lock(&self.state).recordings.clone().unwrap_or_default()
    }

    /// Does something after so many more bytes have gone that way, before the next one goes.
    pub fn after(&self, way: Way, bytes: u64, action: impl FnOnce() + Send + 'static) {
        lock(&self.state).trigger = Some((way, bytes, Box::new(action)));
    }

    /// Forgets what was to be done; says whether it was still to be done.
    pub fn disarm(&self) -> bool {
        lock(&self.state).trigger.take().is_some()
    }

    /// Returns how many bytes went that way so far.
    pub fn bytes(&self, way: Way) -> u64 {
        lock(&self.state).bytes[way as usize]
    }
}

fn accept(state: &Arc<Mutex<State>>, device: TcpStream) {
    let upstream = lock(state).upstream;
    let Some(server) = upstream.and_then(|address| TcpStream::connect(address).ok()) else { return };
    let pair = (device.try_clone(), server.try_clone(), device.try_clone(), server.try_clone());
    let (Ok(device_end), Ok(server_end), Ok(device_kept), Ok(server_kept)) = pair else { return };
    let index = {
        let mut state = lock(state);
        if state.upstream != upstream {
            return;
        }
        state.open.extend([device_kept, server_kept]);
        state.recordings.as_mut().map(|recordings| {
            recordings.push(Recording::default());
            recordings.len() - 1
        })
    };
    for (way, from, to) in [(Way::Up, device, server), (Way::Down, server_end, device_end)] {
        let state = Arc::clone(state);
        std::thread::spawn(move || pump(&state, way, index, from, to));
    }
}

/// Copies until either end closes. Bytes count as gone when they are handed on.
fn pump(state: &Mutex<State>, way: Way, index: Option<usize>, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut piece = &buffer[..count];
        let mut act: Option<Action> = None;
        {
            let mut state = lock(state);
            if let Some((armed, left, _)) = &mut state.trigger
                && *armed == way
            {
                if *left <= piece.len() as u64 {
                    piece = &piece[..*left as usize];
                    act = state.trigger.take().map(|(_, _, action)| action);
                } else {
                    *left -= piece.len() as u64;
                }
            }
            state.bytes[way as usize] += piece.len() as u64;
            if let (Some(index), Some(recordings)) = (index, &mut state.recordings)
                && let Some(recording) = recordings.get_mut(index)
            {
                let kept = if way == Way::Up { &mut recording.up } else { &mut recording.down };
                kept.extend_from_slice(piece);
            }
        }
        let gone = to.write_all(piece);
        if let Some(act) = act {
            act();
            break;
        }
        if gone.is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that echoes, on a port of its own.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || {
                    let mut copy = stream.try_clone().unwrap();
                    std::io::copy(&mut stream, &mut copy)
                });
            }
        });
        address
    }

    #[test]
    fn bytes_go_both_ways_until_the_trigger_acts() {
        let wire = Wire::new();
        wire.record();
        wire.lead_to(Some(echo()));
        let (sender, acted) = std::sync::mpsc::channel();
        wire.after(Way::Up, 8, move || sender.send(()).unwrap());
        let mut stream = TcpStream::connect(wire.address).unwrap();
        stream.write_all(b"hello").unwrap();
        let mut five = [0; 5];
        stream.read_exact(&mut five).unwrap();
        assert_eq!(&five, b"hello");
        stream.write_all(b"world").unwrap();
        acted.recv().unwrap();
        let mut rest = Vec::new();
        // Whether the echo of the last three comes back is a race; that the connection ends is not.
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(wire.recordings()[0].up, b"hellowor");
        assert_eq!(wire.bytes(Way::Up), 8);
        assert!(!wire.disarm());
    }

    #[test]
    fn a_wire_that_leads_nowhere_refuses() {
        let wire = Wire::new();
        let mut stream = TcpStream::connect(wire.address).unwrap();
        let mut rest = Vec::new();
        assert_eq!(stream.read_to_end(&mut rest).unwrap_or(0), 0);
    }
}
