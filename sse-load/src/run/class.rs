//! A user class of a run, whatever its type.

use std::sync::Arc;

use super::life;
use super::pool::{AnyPool, Pool};
use super::recruiter::Recruiter;
use super::tenure::Tenure;
use crate::client::{Context, Host};
use crate::load::{Share, Tags, TaskOrder, TaskPicker, WaitTime};
use crate::user::{BoxFuture, Definition, TaskDefinition, User};

/// A user class of a run, whatever its type.
pub(super) trait AnyClass: Send + Sync {
    fn name(&self) -> &'static str;
    fn host(&self) -> Option<String>;
    fn share(&self) -> Share;
    /// The tasks with their weights and the wait between them, in words.
    fn flow(&self) -> String;
    /// Whether there is a task that can be chosen.
    fn has_tasks(&self) -> bool;
    /// The whole life of one user.
    fn live(self: Arc<Self>, context: Context, tenure: Tenure) -> BoxFuture<'static, ()>;
    /// Users who serve arrivals.
    fn pool(self: Arc<Self>, host: Option<Arc<Host>>, recruiter: Arc<Recruiter>) -> Arc<dyn AnyPool>;
}

/// A user class with what its users choose by.
pub(super) struct Class<U> {
    pub(super) definition: Definition<U>,
    /// Those that can be chosen, with their weights.
    tasks: Vec<(&'static str, u32)>,
    pub(super) picker: Option<TaskPicker>,
    pub(super) wait_time: WaitTime,
}

impl<U: User> Class<U> {
    /// The class with the tasks that `tags` admit.
    pub(super) fn with_tags(tags: &Tags) -> Self {
        let definition = U::definition();
        let weight = |task: &TaskDefinition<U>| if tags.admit(task.get_tags()) { task.get_weight() } else { 0 };
        let tasks: Vec<_> = definition.tasks().iter().map(|task| (task.name(), weight(task))).collect();
        let picker = TaskPicker::new(definition.get_order(), tasks.iter().map(|(_, weight)| *weight));
        let wait_time = definition.get_wait_time();
        let tasks = tasks.into_iter().filter(|(_, weight)| *weight > 0).collect();
        Self { definition, tasks, picker, wait_time }
    }
}

impl<U: User> AnyClass for Class<U> {
    fn name(&self) -> &'static str {
        self.definition.name()
    }

    fn host(&self) -> Option<String> {
        self.definition.get_host()
    }

    fn share(&self) -> Share {
        self.definition.share()
    }

    fn flow(&self) -> String {
        let chosen = self.tasks.iter().map(|(name, weight)| format!("{name} × {weight}"));
        let order = if self.definition.get_order() == TaskOrder::InOrder { " in order" } else { "" };
        let weight = match self.definition.share() {
            Share::Weight(weight) if weight != 1 => format!("weight {weight}, "),
            _ => String::new(),
        };
        format!("{weight}{}{order}, wait {}", chosen.collect::<Vec<_>>().join(", "), self.wait_time)
    }

    fn has_tasks(&self) -> bool {
        self.picker.is_some()
    }

    fn live(self: Arc<Self>, context: Context, tenure: Tenure) -> BoxFuture<'static, ()> {
        Box::pin(async move { life::live(&self, context, tenure).await })
    }

    fn pool(self: Arc<Self>, host: Option<Arc<Host>>, recruiter: Arc<Recruiter>) -> Arc<dyn AnyPool> {
        Arc::new(Pool::new(self, host, recruiter))
    }
}
