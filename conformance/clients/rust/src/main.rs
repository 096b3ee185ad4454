//! Asks for a token as one case of the conformance suite says, with Rust's official client, and prints what came of it
//! as one JSON line. The token itself is never printed.

mod claims;
mod client;

use client::Granted;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Deserialize)]
struct Case {
    client: String,
    credential: String,
    resource: String,
    selector: Option<Selector>,
    calls: u32,
}

#[derive(Deserialize)]
struct Selector {
    by: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    client: String,
    version: &'static str,
    outcome: &'static str,
    calls: u32,
    claims: Option<Value>,
    expires_on: Option<i64>,
    error: Option<String>,
    seconds: f64,
}

/// Why there is no token.
enum Failure {
    /// The client has no means to express what the case asks for.
    Unsupported(String),
    /// The client said no, or was told no.
    Refused(String),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(text) = std::env::args().nth(1) else {
        return fail("usage: client CASE_JSON");
    };
    match serde_json::from_str::<Case>(&text) {
        Ok(case) => {
            let outcome = run(&case).await;
            println!("{}", serde_json::to_string(&outcome).expect("plain data"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format!("the case cannot be read: {error}")),
    }
}

async fn run(case: &Case) -> Outcome {
    let started = Instant::now();
    let mut calls = 0;
    let result = client::call_all(case, &mut calls).await;
    let seconds = started.elapsed().as_secs_f64();
    describe(case, calls, seconds, result)
}

fn describe(case: &Case, calls: u32, seconds: f64, result: Result<Granted, Failure>) -> Outcome {
    let (outcome, granted, error) = match result {
        Ok(granted) => ("token", Some(granted), None),
        Err(Failure::Unsupported(reason)) => ("unsupported", None, Some(reason)),
        Err(Failure::Refused(reason)) => ("error", None, Some(reason)),
    };
    Outcome {
        client: case.client.clone(),
        version: client::version(),
        outcome,
        calls,
        claims: granted
            .as_ref()
            .and_then(|one| claims::claims_of(&one.token)),
        expires_on: granted.map(|one| one.expires_on),
        error,
        seconds,
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("{reason}");
    ExitCode::from(2)
}
