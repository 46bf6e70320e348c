//! A user class of a run, whatever its type.

use std::sync::Arc;

use super::life;
use super::pool::{AnyPool, Pool};
use super::recruiter::Recruiter;
use super::tenure::Tenure;
use crate::client::{Context, Host};
use crate::load::{Share, Tags, TaskPicker, WaitTime};
use crate::user::{BoxFuture, Definition, User};

/// A user class of a run, whatever its type.
pub(super) trait AnyClass: Send + Sync {
    fn name(&self) -> &'static str;
    fn host(&self) -> Option<String>;
    fn share(&self) -> Share;
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
    pub(super) picker: Option<TaskPicker>,
    pub(super) wait_time: WaitTime,
}

impl<U: User> Class<U> {
    /// The class with the tasks that `tags` admit.
    pub(super) fn with_tags(tags: &Tags) -> Self {
        let definition = U::definition();
        let weights =
            definition.tasks().iter().map(|task| if tags.admit(task.get_tags()) { task.get_weight() } else { 0 });
        let picker = TaskPicker::new(definition.get_order(), weights);
        let wait_time = definition.get_wait_time();
        Self { definition, picker, wait_time }
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
