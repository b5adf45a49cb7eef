//! Messages: JSON-RPC 2.0, with the methods of the Model Context Protocol that a server of tools has.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use trace_core::base::monitor::Monitor;

use crate::cli::mcp::budget;
use crate::cli::mcp::open_traces::OpenTraces;
use crate::cli::mcp::requests::{Message, Requests};
use crate::cli::mcp::tools::{TOOLS, Tool};

/// The versions of the protocol that are spoken, newest first.
const VERSIONS: [&str; 3] = ["2025-06-18", "2025-03-26", "2024-11-05"];

/// What a client may tell its model about the server.
const INSTRUCTIONS: &str = "\
Tracelane reads Go execution traces (runtime/trace). Call findings first: it names what costs the program its time, where in \
the code, and when. why explains one stretch of one goroutine, waits lists where goroutines block and who unblocks them, query \
answers SQL. Times are from the start of the trace.";

/// A server of tools: what it has opened is kept while it runs.
#[derive(Default)]
pub(super) struct Server {
    traces: OpenTraces,
}

/// The codes of JSON-RPC.
#[derive(Clone, Copy)]
enum Code {
    NotJson = -32_700,
    NoRequest = -32_600,
    NoMethod = -32_601,
    WrongParameters = -32_602,
}

/// Messages of a batch that are answered.
const MOST_IN_BATCH: usize = 100;

impl Server {
    /// The answer to a message; `None` to a notification, to an answer and to an empty line. To a batch, which version
    /// 2025-03-26 has, the answers to all of its messages.
    pub(super) fn answer(&mut self, message: Message, requests: &Requests) -> Option<Value> {
        let Message::Json(message) = message else {
            return Some(failure(
                &Value::Null,
                Code::NotJson,
                "the message is no JSON: one message a line is expected",
            ));
        };
        match message {
            Value::Array(batch) if !batch.is_empty() => {
                if batch.len() > MOST_IN_BATCH {
                    let said = format!("the batch has more than {MOST_IN_BATCH} messages");
                    return Some(failure(&Value::Null, Code::NoRequest, &said));
                }
                let answers: Vec<Value> =
                    batch.iter().filter_map(|message| self.answer_one(message, requests)).collect();
                (!answers.is_empty()).then_some(Value::Array(answers))
            }
            message => self.answer_one(&message, requests),
        }
    }

    fn answer_one(&mut self, message: &Value, requests: &Requests) -> Option<Value> {
        let id = message.get("id").cloned();
        let Some(method) = message.get("method").and_then(Value::as_str) else {
            // An answer to a request of ours, which there are none of, has neither a method nor an answer.
            let is_answer = message.get("result").is_some() || message.get("error").is_some();
            let id = id.unwrap_or(Value::Null);
            return (!is_answer).then(|| failure(&id, Code::NoRequest, "the message has no method"));
        };
        // A notification wants no answer.
        let id = id?;
        let monitor = requests.begin(&id)?;
        let parameters = message.get("params").cloned().unwrap_or(Value::Null);
        let result = match method {
            "initialize" => Ok(initialize(&parameters)),
            "ping" => Ok(json!({})),
            "tools/list" => Ok(json!({ "tools": TOOLS.iter().map(Tool::described).collect::<Vec<_>>() })),
            "tools/call" => self.call(&parameters, &monitor),
            _ => Err((Code::NoMethod, format!("no method {method}: initialize, ping, tools/list and tools/call"))),
        };
        // Whoever takes a request back waits for no answer.
        requests.end(&id).then(|| match result {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err((code, message)) => failure(&id, code, &message),
        })
    }

    fn call(&mut self, parameters: &Value, monitor: &Monitor) -> Result<Value, (Code, String)> {
        let name = parameters.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
            let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
            return Err((Code::WrongParameters, format!("no tool {name:?}: there are {}", names.join(", "))));
        };
        let arguments = parameters.get("arguments").cloned().unwrap_or_else(|| json!({}));
        let ran = catch_unwind(AssertUnwindSafe(|| tool.call(&mut self.traces, &arguments, monitor)));
        Ok(match ran {
            Ok(Ok(content)) => json!({ "content": content, "isError": false }),
            Ok(Err(sentence)) => wrong(&sentence),
            Err(_) => wrong("This failed (internal error). Other tools and other arguments still work."),
        })
    }
}

/// What a tool says that could not do what it was asked: the model reads it and tries something else.
fn wrong(sentence: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": budget::sentence(sentence) }], "isError": true })
}

fn initialize(parameters: &Value) -> Value {
    let wanted = parameters.get("protocolVersion").and_then(Value::as_str);
    let version = VERSIONS.iter().copied().find(|known| Some(*known) == wanted).unwrap_or(VERSIONS[0]);
    json!({
        "protocolVersion": version,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "tracelane", "title": "Tracelane", "version": env!("CARGO_PKG_VERSION") },
        "instructions": INSTRUCTIONS,
    })
}

fn failure(id: &Value, code: Code, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": budget::sentence(message) } })
}

#[cfg(test)]
mod tests {
    use super::Server;
    use crate::cli::mcp::requests::Requests;
    use serde_json::{Value, json};

    fn answer(line: &str) -> Option<Value> {
        let requests = Requests::default();
        requests.read(line).and_then(|message| Server::default().answer(message, &requests))
    }

    #[test]
    fn messages_get_the_answers_of_json_rpc() {
        let code = |line: &str| answer(line).expect("an answer")["error"]["code"].as_i64();
        assert_eq!(code("{"), Some(-32_700));
        assert_eq!(code("{\"id\":1}"), Some(-32_600));
        assert_eq!(code("[]"), Some(-32_600));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1,"method":"resources/list"}"#), Some(-32_601));
        assert_eq!(code(r#"{"id":1,"method":"tools/call","params":{"name":"x"}}"#), Some(-32_602));
        assert_eq!(answer(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#), None);
        assert_eq!(answer(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), None);
        assert_eq!(answer(" \n"), None);
        let batch = r#"[{"id":1,"method":"ping"},{"method":"notifications/initialized"},7,{"id":2,"method":"ping"}]"#;
        let batch = answer(batch).expect("answers");
        let ids: Vec<&Value> = batch.as_array().expect("one for each").iter().map(|answer| &answer["id"]).collect();
        assert_eq!(ids, [&json!(1), &Value::Null, &json!(2)]);
        assert_eq!(answer(r#"[{"method":"notifications/initialized"}]"#), None);
        assert_eq!(code(&format!("[{}]", ["{}"; 101].join(","))), Some(-32_600));
        let pong = answer(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#);
        assert_eq!(pong, Some(json!({ "jsonrpc": "2.0", "id": "a", "result": {} })));
    }

    #[test]
    fn a_version_that_is_known_is_spoken() {
        let version = |wanted: &str| {
            let line = json!({ "id": 1, "method": "initialize", "params": { "protocolVersion": wanted } });
            answer(&line.to_string()).expect("an answer")["result"]["protocolVersion"].clone()
        };
        assert_eq!((version("2024-11-05"), version("1999")), (json!("2024-11-05"), json!("2025-06-18")));
    }
}
