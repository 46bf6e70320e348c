#![doc = include_str!("../../docs/server_metrics.md")]

mod engines;
mod error;
mod exposition;
mod reader;
mod scraper;
mod server_metrics;

pub use error::ScrapeError;
pub use scraper::{Scraped, Scraper};
use server_metrics::Own;
pub use server_metrics::ServerMetrics;
