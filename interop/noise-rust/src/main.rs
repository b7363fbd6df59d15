//! A Noise peer over snow. It reads what it is to do as one line of JSON, connects to the port in it, does the
//! handshake and the steps, and prints a report as one line of JSON. Exit code 1: it has refused or failed.

mod frames;
mod talk;

use serde_json::{json, Value};
use talk::Talk;

/// Why it ended early.
#[derive(Debug)]
pub enum Failure {
    /// By cryptography.
    Refused(String),
    /// The connection ended or broke.
    Ended(String),
    Other(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Ended(error.to_string())
    }
}

pub type Outcome<T> = Result<T, Failure>;

pub fn other(error: impl std::fmt::Display) -> Failure {
    Failure::Other(error.to_string())
}

fn main() {
    let mut line = String::new();
    let outcome = std::io::stdin()
        .read_line(&mut line)
        .map_err(other)
        .and_then(|_| serde_json::from_str::<Value>(&line).map_err(other))
        .map(Talk::new);
    let (mut report, failure) = match outcome {
        Ok(mut talk) => {
            let failure = talk.run().err();
            (talk.report(), failure)
        }
        Err(failure) => (json!({ "stage": "start" }), Some(failure)),
    };
    let failed = failure.is_some();
    if let Some(failure) = failure {
        let (kind, text) = match failure {
            Failure::Refused(text) => ("refused", text),
            Failure::Ended(text) => ("ended", text),
            Failure::Other(text) => ("other", text),
        };
        report["kind"] = kind.into();
        report["error"] = text.into();
    }
    println!("{report}");
    std::process::exit(failed.into());
}
