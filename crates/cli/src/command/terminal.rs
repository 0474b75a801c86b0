//! `Terminal`: questions to the person in front of it, one at a time.

use std::io::{self, Write as _};
use std::thread;

use client::Pick;
use tokio::sync::{Mutex, mpsc};

/// Answers that may be read before somebody asks for them.
const LINES: usize = 1;

/// Questions to the person in front of the terminal.
#[derive(Default)]
pub(super) struct Terminal(Mutex<Option<Answers>>);

struct Answers {
    lines: mpsc::Receiver<String>,
    /// Nobody waits for the answer to the last question any more.
    withdrawn: bool,
}

/// A question that can be seen. Dropped before its answer it leaves the line to others.
struct Question {
    answered: bool,
}

impl Terminal {
    /// Asks about each item; what is not answered with yes is refused. Whose future is dropped withdraws its questions.
    pub(super) async fn ask(&self, questions: &[Option<String>]) -> Vec<Pick> {
        let mut answers = self.0.lock().await;
        let answers = answers.get_or_insert_with(Answers::new);
        let mut picks = Vec::with_capacity(questions.len());
        for question in questions {
            let yes = match question {
                Some(question) => answers.to(question).await,
                None => false,
            };
            picks.push(if yes { Pick::Accept } else { Pick::Refuse });
        }
        picks
    }
}

impl Answers {
    fn new() -> Self {
        let (sender, lines) = mpsc::channel(LINES);
        // No thread of the runtime: it may wait for good, and nothing waits for it.
        thread::spawn(move || {
            for line in io::stdin().lines().map_while(Result::ok) {
                if sender.blocking_send(line).is_err() {
                    break;
                }
            }
        });
        Self { lines, withdrawn: false }
    }

    /// Whether the answer is yes.
    async fn to(&mut self, question: &str) -> bool {
        if self.withdrawn {
            // What was typed since was meant for another question.
            while self.lines.try_recv().is_ok() {}
        }
        self.withdrawn = true;
        let mut shown = Question::show(question);
        let answer = self.lines.recv().await;
        shown.answered = true;
        self.withdrawn = false;
        answer.is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

impl Question {
    fn show(question: &str) -> Self {
        // Nobody is there to see it if standard error is gone.
        let _ = write!(io::stderr(), "{} [y/N] ", crate::report::shown(question));
        let _ = io::stderr().flush();
        Self { answered: false }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if !self.answered {
            let _ = writeln!(io::stderr());
        }
    }
}
