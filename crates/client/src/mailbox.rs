//! `Mailbox`: events on their way from the driver to one handle.
//!
//! The driver must never wait for a handle that nobody reads. So a mailbox takes every event at once, and
//! its bound lies in what is posted: a progress event replaces the earlier one of its item, and of all other
//! events a message has a handful for each of its items.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pager::ItemId;
use tokio::sync::Notify;

/// An event that may make an earlier one needless.
pub(crate) trait Supersede {
    /// Whether nobody needs `earlier` once there is `self`.
    fn supersedes(&self, earlier: &Self) -> bool;
}

/// Events on their way from the driver to one handle, and what the handle wants on the way back.
#[derive(Debug)]
pub(crate) struct Mailbox<E> {
    state: Mutex<State<E>>,
    news: Notify,
    driver: Arc<Notify>,
}

/// What a handle wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// That it ends.
    End,
    /// That one item goes no further.
    CancelItem(ItemId),
}

#[derive(Debug)]
struct State<E> {
    queue: VecDeque<E>,
    closed: bool,
    /// What the handle wants; each once.
    wishes: Vec<Wish>,
    /// Nothing is left to cancel.
    settled: bool,
}

impl<E: Supersede> Mailbox<E> {
    /// An empty one; `driver` is notified when the handle wants an end.
    pub(crate) fn new(driver: Arc<Notify>) -> Arc<Self> {
        let state = State { queue: VecDeque::new(), closed: false, wishes: Vec::new(), settled: false };
        Arc::new(Self { state: Mutex::new(state), news: Notify::new(), driver })
    }

    /// Hands an event over. Never waits.
    pub(crate) fn post(&self, event: E) {
        let mut state = self.state();
        match state.queue.iter_mut().find(|earlier| event.supersedes(earlier)) {
            Some(earlier) => *earlier = event,
            None => state.queue.push_back(event),
        }
        drop(state);
        self.news.notify_one();
    }

    /// The next event; `None` after the last one. Cancel safe.
    pub(crate) async fn next(&self) -> Option<E> {
        loop {
            {
                let mut state = self.state();
                if let Some(event) = state.queue.pop_front() {
                    return Some(event);
                }
                if state.closed {
                    return None;
                }
            }
            self.news.notified().await;
        }
    }

    /// Waits until no event follows. Cancel safe; only where nobody waits for [`Mailbox::next`].
    pub(crate) async fn closed(&self) {
        while !self.state().closed {
            self.news.notified().await;
        }
    }

    /// No event follows.
    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.settled = true;
        drop(state);
        self.news.notify_one();
    }

    /// It has ended by itself: dropping the handle cancels nothing.
    pub(crate) fn settle(&self) {
        self.state().settled = true;
    }

    /// Asks the driver to end it, unless it has ended.
    pub(crate) fn end(&self) {
        self.wish(Wish::End);
    }

    /// Asks the driver for something, unless it has ended.
    pub(crate) fn wish(&self, wish: Wish) {
        let mut state = self.state();
        if !state.settled && !state.wishes.contains(&wish) {
            state.wishes.push(wish);
            drop(state);
            self.driver.notify_one();
        }
    }

    /// What the handle has asked for since the last call.
    pub(crate) fn take_wishes(&self) -> Vec<Wish> {
        std::mem::take(&mut self.state().wishes)
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        // Nothing panics while it holds the lock, and a queue stays a queue if it did.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The driver's end of a mailbox. Dropping it closes the mailbox: whatever becomes of the driver, nobody waits for good.
#[derive(Debug)]
pub(crate) struct Slot<E: Supersede>(Arc<Mailbox<E>>);

impl<E: Supersede> Slot<E> {
    /// The slot of a mailbox; there is one for each.
    pub(crate) fn of(mailbox: &Arc<Mailbox<E>>) -> Self {
        Self(Arc::clone(mailbox))
    }
}

impl<E: Supersede> Deref for Slot<E> {
    type Target = Mailbox<E>;

    fn deref(&self) -> &Mailbox<E> {
        &self.0
    }
}

impl<E: Supersede> Drop for Slot<E> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Event {
        Progress(usize, u64),
        Done(usize),
    }

    impl Supersede for Event {
        fn supersedes(&self, earlier: &Self) -> bool {
            matches!((self, earlier), (Self::Progress(item, _), Self::Progress(other, _)) if item == other)
        }
    }

    #[tokio::test]
    async fn a_reader_that_sleeps_finds_the_last_progress_of_each_item_and_every_end() {
        let mailbox = Mailbox::new(Arc::new(Notify::new()));
        for octets in 0..10_000 {
            mailbox.post(Event::Progress(0, octets));
            mailbox.post(Event::Progress(1, octets));
        }
        mailbox.post(Event::Done(0));
        mailbox.post(Event::Progress(1, 10_000));
        drop(Slot::of(&mailbox));
        let mut events = Vec::new();
        while let Some(event) = mailbox.next().await {
            events.push(event);
        }
        assert_eq!(events, [Event::Progress(0, 9_999), Event::Progress(1, 10_000), Event::Done(0)]);
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken_by_an_event_and_by_the_end() {
        let mailbox = Mailbox::new(Arc::new(Notify::new()));
        let reader = tokio::spawn({
            let mailbox = Arc::clone(&mailbox);
            async move { (mailbox.next().await, mailbox.next().await) }
        });
        tokio::task::yield_now().await;
        mailbox.post(Event::Done(7));
        tokio::task::yield_now().await;
        drop(Slot::of(&mailbox));
        assert_eq!(reader.await.unwrap(), (Some(Event::Done(7)), None));
    }

    #[tokio::test]
    async fn a_wish_is_made_once_and_not_after_the_end() {
        let driver = Arc::new(Notify::new());
        let mailbox = Mailbox::<Event>::new(Arc::clone(&driver));
        mailbox.end();
        driver.notified().await;
        assert_eq!((mailbox.take_wishes(), mailbox.take_wishes()), (vec![Wish::End], vec![]));
        for item in [1, 0, 1] {
            mailbox.wish(Wish::CancelItem(item));
        }
        assert_eq!(mailbox.take_wishes(), [Wish::CancelItem(1), Wish::CancelItem(0)]);
        mailbox.settle();
        mailbox.end();
        assert_eq!(mailbox.take_wishes(), []);
    }
}
