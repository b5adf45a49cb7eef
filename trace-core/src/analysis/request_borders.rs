//! Where one request of a kept-alive connection ends and the next begins, where no idle wait parts them.
//!
//! The server of `net/http` (HTTP/1) serves a connection on one goroutine, in a loop: it reads a request, calls the handler,
//! and finishes the answer (`(*conn).serve` in `server.go`; the same in Go 1.21, 1.22, 1.25 and 1.27). If the client has sent the next
//! request by then, the goroutine goes on with it without waiting. Which of the three it is at is told by the function that
//! `(*conn).serve` has called: no request can be handled before the answer to the one before is finished, and none is read
//! while a handler runs.
//!
//! HTTP/2, gRPC and `net/rpc` handle each request on a goroutine of its own, so there is nothing to part.

/// The function of the loop.
const SERVE: &str = "net/http.(*conn).serve";

/// What a goroutine that serves a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestPhase {
    /// Reading a request, or anything else outside of handler and answer.
    Between,
    /// In the handler: `ServeHTTP` is on the stack.
    Handling,
    /// Finishing the answer, after the handler has returned.
    Finishing,
}

impl RequestPhase {
    /// What a stack (functions leaf first) says; `None` if it does not serve a connection.
    pub(crate) fn of<'a>(functions: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut callee = "";
        for function in functions {
            if function == SERVE {
                return Some(match callee {
                    "net/http.serverHandler.ServeHTTP" => Self::Handling,
                    "net/http.(*response).finishRequest" => Self::Finishing,
                    _ => Self::Between,
                });
            }
            callee = function;
        }
        None
    }
}

/// Where the border between two requests lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// Right after the last stretch in which the answer was finished.
    AfterAnswer,
    /// Right before the stretch that shows it: all that the trace has of the request before is its handler, which may have
    /// run up to there.
    BeforeThis,
}

/// The requests of one goroutine, stretch by stretch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestBorders {
    last: Option<RequestPhase>,
}

impl RequestBorders {
    /// Goes on to a stretch with a stack in this phase (`None` if the stack does not tell). The border that lies between
    /// it and the stretch before of which the phase is known.
    pub(crate) fn next(&mut self, phase: Option<RequestPhase>) -> Option<Border> {
        let phase = phase?;
        match (self.last.replace(phase)?, phase) {
            (RequestPhase::Finishing, RequestPhase::Handling | RequestPhase::Between) => Some(Border::AfterAnswer),
            (RequestPhase::Handling, RequestPhase::Between) => Some(Border::BeforeThis),
            _ => None,
        }
    }

    /// Whether the last stretch was in the handler or in the answer.
    pub(crate) fn is_served(self) -> bool {
        self.last.is_some_and(|last| last != RequestPhase::Between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(functions: &[&'static str]) -> Option<RequestPhase> {
        RequestPhase::of(functions.iter().copied())
    }

    #[test]
    fn what_serve_has_called_tells_the_phase() {
        let read = ["syscall.Read", "net/http.(*connReader).Read", "bufio.(*Reader).Peek", SERVE];
        let handler = ["main.handle", "net/http.HandlerFunc.ServeHTTP", "net/http.serverHandler.ServeHTTP", SERVE];
        let flush = ["syscall.Write", "bufio.(*Writer).Flush", "net/http.(*response).finishRequest", SERVE];
        assert_eq!(phase(&read), Some(RequestPhase::Between));
        assert_eq!(phase(&[SERVE]), Some(RequestPhase::Between));
        assert_eq!(phase(&handler), Some(RequestPhase::Handling));
        assert_eq!(phase(&flush), Some(RequestPhase::Finishing));
        assert_eq!(phase(&["net/http.(*response).finishRequest", "net/http.(*persistConn).readLoop"]), None);
    }

    #[test]
    fn a_border_lies_where_no_handler_of_one_request_can_have_gone_on() {
        use RequestPhase::{Between, Finishing, Handling};
        let borders = |phases: &[RequestPhase]| -> Vec<Option<Border>> {
            let mut requests = RequestBorders::default();
            phases.iter().map(|&phase| requests.next(Some(phase))).collect()
        };
        let (none, answer, this) = (None, Some(Border::AfterAnswer), Some(Border::BeforeThis));
        assert_eq!(borders(&[Between, Handling, Finishing, Between]), [none, none, none, answer]);
        assert_eq!(borders(&[Handling, Finishing, Finishing, Handling]), [none, none, none, answer], "read ahead");
        assert_eq!(
            borders(&[Handling, Between, Between, Handling]),
            [none, this, none, none],
            "answered by the handler"
        );
        let mut requests = RequestBorders::default();
        assert_eq!(requests.next(Some(Finishing)), None);
        assert_eq!(requests.next(None), None, "unknown");
        assert_eq!(requests.next(Some(Handling)), Some(Border::AfterAnswer), "the border is still there");
    }
}
