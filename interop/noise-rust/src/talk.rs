//! The handshake and the steps after it, and what is to be reported of them.

use crate::frames::{Frames, MAX_MESSAGE};
use crate::{other, Failure, Outcome};
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use snow::{Builder, HandshakeState, TransportState};

#[derive(Default)]
struct Traffic {
    messages: u64,
    bytes: usize,
    sum: Sha256,
}

impl Traffic {
    fn count(&mut self, message: &[u8]) {
        self.messages += 1;
        self.bytes += message.len();
        self.sum.update(message);
    }

    fn total(&self) -> Value {
        json!({ "messages": self.messages, "bytes": self.bytes, "sha256": hex::encode(self.sum.clone().finalize()) })
    }
}

pub struct Talk {
    config: Value,
    stage: &'static str,
    handshake_hash: Vec<u8>,
    remote_static: Vec<u8>,
    payloads: Vec<String>,
    sent: Traffic,
    received: Traffic,
    sealed: Box<[u8; MAX_MESSAGE]>,
    opened: Box<[u8; MAX_MESSAGE]>,
}

impl Talk {
    pub fn new(config: Value) -> Self {
        Talk {
            config,
            stage: "start",
            handshake_hash: Vec::new(),
            remote_static: Vec::new(),
            payloads: Vec::new(),
            sent: Traffic::default(),
            received: Traffic::default(),
            sealed: Box::new([0; MAX_MESSAGE]),
            opened: Box::new([0; MAX_MESSAGE]),
        }
    }

    pub fn report(&self) -> Value {
        json!({
            "stage": self.stage,
            "handshakeHash": hex::encode(&self.handshake_hash),
            "remoteStatic": hex::encode(&self.remote_static),
            "payloads": self.payloads,
            "sent": self.sent.total(),
            "received": self.received.total(),
        })
    }

    pub fn run(&mut self) -> Outcome<()> {
        let port = self.config["port"].as_u64().unwrap_or(0) as u16;
        let mut frames = Frames::connect(port, number(&self.config, "prefix"))?;
        self.stage = "handshake";
        let mut state = self.handshake(&mut frames)?;
        self.stage = "transport";
        for step in list(&self.config, "steps") {
            self.step(&mut frames, &mut state, &step)?;
        }
        self.stage = "end";
        frames.end()?;
        self.stage = "done";
        Ok(())
    }

    /// Sends and reads the messages of the pattern in turn, each with its payload.
    fn handshake(&mut self, frames: &mut Frames) -> Outcome<TransportState> {
        let mut state = start(&self.config)?;
        let mut payloads = bytes_list(&self.config, "payloads")?.into_iter();
        while !state.is_handshake_finished() {
            if state.is_my_turn() {
                let payload = payloads.next().unwrap_or_default();
                let length = state.write_message(&payload, &mut self.sealed[..]).map_err(other)?;
                frames.write(&self.sealed[..length])?;
            } else {
                let length = frames.read(&mut self.sealed)?;
                let length = state
                    .read_message(&self.sealed[..length], &mut self.opened[..])
                    .map_err(|error| Failure::Refused(format!("in the handshake: {error}")))?;
                self.payloads.push(hex::encode(&self.opened[..length]));
            }
        }
        self.handshake_hash = state.get_handshake_hash().to_vec();
        self.remote_static = state.get_remote_static().unwrap_or_default().to_vec();
        state.into_transport_mode().map_err(other)
    }

    fn step(&mut self, frames: &mut Frames, state: &mut TransportState, step: &Value) -> Outcome<()> {
        match step["do"].as_str().unwrap_or_default() {
            "send" => {
                let size = number(step, "size");
                for index in 0..number(step, "messages") {
                    // every message is another one
                    let content: Vec<u8> = (0..size).map(|at| (at >> 8 ^ at ^ index >> (at % 4 * 8)) as u8).collect();
                    self.send(frames, state, &content)?;
                }
            }
            what @ ("receive" | "echo") => {
                let (mut bytes, all) = (0, number(step, "bytes"));
                while bytes < all {
                    let length = self.receive(frames, state)?;
                    bytes += length;
                    if what == "echo" {
                        let message = self.opened[..length].to_vec();
                        self.send(frames, state, &message)?;
                    }
                }
            }
            "rekey" => {
                state.rekey_outgoing();
                state.rekey_incoming();
            }
            unknown => return Err(Failure::Other(format!("no step {unknown}"))),
        }
        Ok(())
    }

    fn send(&mut self, frames: &mut Frames, state: &mut TransportState, message: &[u8]) -> Outcome<()> {
        let length = state.write_message(message, &mut self.sealed[..]).map_err(other)?;
        if self.config["tamperAt"] == self.sent.messages {
            self.sealed[length / 2] ^= 1;
        }
        self.sent.count(message);
        frames.write(&self.sealed[..length])
    }

    fn receive(&mut self, frames: &mut Frames, state: &mut TransportState) -> Outcome<usize> {
        let length = frames.read(&mut self.sealed)?;
        let length = state
            .read_message(&self.sealed[..length], &mut self.opened[..])
            .map_err(|error| Failure::Refused(format!("transport message {}: {error}", self.received.messages)))?;
        self.received.count(&self.opened[..length]);
        Ok(length)
    }
}

/// A handshake with what the configuration gives it.
fn start(config: &Value) -> Outcome<HandshakeState> {
    let name = config["protocol"].as_str().unwrap_or_default();
    let prologue = bytes(config, "prologue")?;
    let (static_key, remote_static) = (bytes(config, "staticKey")?, bytes(config, "remoteStatic")?);
    let mut builder = Builder::new(name.parse().map_err(other)?).prologue(&prologue).map_err(other)?;
    if !static_key.is_empty() {
        builder = builder.local_private_key(&static_key).map_err(other)?;
    }
    if !remote_static.is_empty() {
        builder = builder.remote_public_key(&remote_static).map_err(other)?;
    }
    let psks: Vec<[u8; 32]> = bytes_list(config, "psks")?
        .into_iter()
        .map(|psk| psk.try_into().map_err(|_| Failure::Other("a psk is 32 bytes".into())))
        .collect::<Outcome<_>>()?;
    // the places are those of the modifiers in the name, in their order
    for (psk, modifier) in psks.iter().zip(name.split("psk").skip(1)) {
        let place = modifier.chars().next().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
        builder = builder.psk(place as u8, psk).map_err(other)?;
    }
    let initiator = config["initiator"].as_bool().unwrap_or(false);
    if initiator { builder.build_initiator() } else { builder.build_responder() }.map_err(other)
}

fn number(value: &Value, name: &str) -> usize {
    value[name].as_u64().unwrap_or(0) as usize
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().cloned().unwrap_or_default()
}

fn bytes(value: &Value, name: &str) -> Outcome<Vec<u8>> {
    hex::decode(value[name].as_str().unwrap_or_default()).map_err(other)
}

fn bytes_list(value: &Value, name: &str) -> Outcome<Vec<Vec<u8>>> {
    list(value, name).iter().map(|text| hex::decode(text.as_str().unwrap_or_default()).map_err(other)).collect()
}
