//! A user class as data: what `#[sse_user]` collects and the runner reads.

use std::pin::Pin;

use super::{TaskError, TaskResult, User};
use crate::client::Context;
use crate::load::{Share, TaskOrder, WaitTime};
use crate::sample::Origin;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes a user.
pub type Start<U> = for<'a> fn(&'a mut Context) -> BoxFuture<'a, Result<U, TaskError>>;

/// Runs a task of a user, or its end.
pub type Step<U> = for<'a> fn(&'a mut U, &'a mut Context) -> BoxFuture<'a, TaskResult>;

/// A user class as data.
#[derive(Clone, Debug)]
pub struct Definition<U> {
    name: &'static str,
    start: Start<U>,
    host: Option<fn() -> String>,
    wait_time: Option<fn() -> WaitTime>,
    weight: u32,
    fixed_count: Option<u32>,
    order: TaskOrder,
    tasks: Vec<TaskDefinition<U>>,
    on_stop: Option<Step<U>>,
}

impl<U: User> Definition<U> {
    /// A class without tasks.
    #[must_use]
    pub fn new(name: &'static str, start: Start<U>) -> Self {
        let (host, wait_time, fixed_count, on_stop) = (None, None, None, None);
        let order = TaskOrder::default();
        Self { name, start, host, wait_time, weight: 1, fixed_count, order, tasks: Vec::new(), on_stop }
    }

    /// The host, evaluated when the load test starts.
    #[must_use]
    pub fn host(mut self, host: fn() -> String) -> Self {
        self.host = Some(host);
        self
    }

    /// The wait between two tasks, evaluated when the load test starts.
    #[must_use]
    pub fn wait_time(mut self, wait: fn() -> WaitTime) -> Self {
        self.wait_time = Some(wait);
        self
    }

    /// The class's weight among several.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// How many users the class has, whatever its weight.
    #[must_use]
    pub fn fixed_count(mut self, count: u32) -> Self {
        self.fixed_count = Some(count);
        self
    }

    /// How the tasks follow each other; by weight, unless it is said.
    #[must_use]
    pub fn order(mut self, order: TaskOrder) -> Self {
        self.order = order;
        self
    }

    /// Adds a task.
    #[must_use]
    pub fn task(mut self, task: TaskDefinition<U>) -> Self {
        self.tasks.push(task);
        self
    }

    /// What a user does at its end.
    #[must_use]
    pub fn on_stop(mut self, stop: Step<U>) -> Self {
        self.on_stop = Some(stop);
        self
    }

    /// The name of the class.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What makes a user.
    #[must_use]
    pub fn get_start(&self) -> Start<U> {
        self.start
    }

    /// The host, if the class gives one.
    #[must_use]
    pub fn get_host(&self) -> Option<String> {
        self.host.map(|host| host())
    }

    /// The wait between two tasks; none by default.
    #[must_use]
    pub fn get_wait_time(&self) -> WaitTime {
        self.wait_time.map(|wait| wait()).unwrap_or_default()
    }

    /// The part of the users that the class asks for.
    #[must_use]
    pub fn share(&self) -> Share {
        self.fixed_count.map_or(Share::Weight(self.weight), |count| Share::Fixed(u64::from(count)))
    }

    /// How the tasks follow each other.
    #[must_use]
    pub fn get_order(&self) -> TaskOrder {
        self.order
    }

    /// The tasks, as they are written.
    #[must_use]
    pub fn tasks(&self) -> &[TaskDefinition<U>] {
        &self.tasks
    }

    /// What a user does at its end, if anything.
    #[must_use]
    pub fn get_on_stop(&self) -> Option<Step<U>> {
        self.on_stop
    }
}

/// A task as data.
#[derive(Clone, Debug)]
pub struct TaskDefinition<U> {
    name: &'static str,
    weight: u32,
    location: Location,
    run: Step<U>,
    tags: &'static [&'static str],
}

impl<U: User> TaskDefinition<U> {
    /// A task without tags.
    #[must_use]
    pub fn new(name: &'static str, weight: u32, location: Location, run: Step<U>) -> Self {
        Self { name, weight, location, run, tags: &[] }
    }

    /// The labels by which a run includes or excludes the task.
    #[must_use]
    pub fn tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How often it is chosen, relative to the others; in order, how often it runs in its turn.
    #[must_use]
    pub fn get_weight(&self) -> u32 {
        self.weight
    }

    /// Its labels.
    #[must_use]
    pub fn get_tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Where its function stands.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location
    }

    /// What runs it.
    #[must_use]
    pub fn run(&self) -> Step<U> {
        self.run
    }

    /// The name that reports use, with the place of the function.
    #[must_use]
    pub fn origin(&self, user: &'static str) -> Origin {
        Origin { user, task: self.name, file: self.location.file, line: self.location.line, tags: self.tags }
    }
}

/// Where a function stands in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, as the compiler names it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl Location {
    /// As `file!()` and `line!()` give it.
    #[must_use]
    pub const fn new(file: &'static str, line: u32) -> Self {
        Self { file, line }
    }
}
