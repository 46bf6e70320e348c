//! One line for each thing that happens.

use sse_load::mock::{Activity, Finish};

pub(crate) fn line(activity: &Activity) -> String {
    match activity {
        Activity::Started { peer, target, .. } => format!("{peer} connected: {target}"),
        Activity::Sent { peer, event, .. } => format!("{peer} was sent event {event}"),
        Activity::Ended { peer, events, finish, .. } => match finish {
            Finish::ClientGone => format!("{peer} disconnected after {events} events, before the end"),
            _ => format!("{peer} is done after {events} events"),
        },
        other => format!("{other:?}"),
    }
}
