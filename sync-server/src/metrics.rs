//! Counters for operators in Prometheus' text format. Labels are routes and codes, never ids or names.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use groundplan_shared::wire::ProblemCode;

use crate::store::Usage;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
    /// Reads.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number of things that exist now.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Counts one more until the guard is dropped.
    pub fn hold(self: &std::sync::Arc<Self>) -> Held {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(std::sync::Arc::clone(self))
    }
    /// Reads.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of the things that a gauge counts.
#[derive(Debug)]
pub struct Held(std::sync::Arc<Gauge>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Upper bounds of the latency buckets, in seconds.
const BOUNDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

#[derive(Debug, Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    fn record(&mut self, seconds: f64) {
        for (bucket, bound) in self.buckets.iter_mut().zip(BOUNDS) {
            if seconds <= bound {
                *bucket += 1;
            }
        }
        self.count += 1;
        self.sum += seconds;
    }

    fn render(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {bucket}");
        }
        let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{name}_sum{{{labels}}} {}", self.sum);
        let _ = writeln!(out, "{name}_count{{{labels}}} {}", self.count);
    }
}

/// All counters.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(String, String, u16), u64>>,
    latency: Mutex<BTreeMap<String, Histogram>>,
    push_latency: Mutex<Histogram>,
    refused: Mutex<BTreeMap<ProblemCode, u64>>,
    /// Connections turned away at the door.
    pub connections_refused: Counter,
    /// Requests refused for their rate.
    pub rate_limited: Counter,
    /// Envelopes stored.
    pub envelopes: Counter,
    /// Envelopes that were there already.
    pub envelopes_repeated: Counter,
    /// Bytes of envelopes pushed.
    pub envelope_bytes: Counter,
    /// Log entries stored.
    pub log_entries: Counter,
    /// Subscribers that fell behind the live feed and read on from the store.
    pub lagged: Counter,
    /// Sockets open now.
    pub sockets: std::sync::Arc<Gauge>,
    /// Subscriptions now.
    pub subscriptions: std::sync::Arc<Gauge>,
}

impl Metrics {
    /// Counts a request.
    pub fn request(&self, method: &str, route: &str, status: u16, taken: Duration) {
        let key = (plain(method).to_owned(), route.to_owned(), status);
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
        let mut latency = self.latency.lock().unwrap_or_else(PoisonError::into_inner);
        latency.entry(route.to_owned()).or_default().record(taken.as_secs_f64());
    }

    /// Counts a push and the time until its acknowledgement.
    pub fn push(&self, taken: Duration) {
        self.push_latency.lock().unwrap_or_else(PoisonError::into_inner).record(taken.as_secs_f64());
    }

    /// Counts a refusal on the socket.
    pub fn refuse(&self, code: ProblemCode) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
    }

    /// Renders everything.
    pub fn render(&self, usage: Option<Usage>) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "# TYPE groundplan_http_requests_total counter");
        for ((method, route, status), count) in &*self.requests.lock().unwrap_or_else(PoisonError::into_inner)
        {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            let _ = writeln!(out, "groundplan_http_requests_total{{{labels}}} {count}");
        }
        let _ = writeln!(out, "# TYPE groundplan_http_request_seconds histogram");
        for (route, histogram) in &*self.latency.lock().unwrap_or_else(PoisonError::into_inner) {
            histogram.render(&mut out, "groundplan_http_request_seconds", &format!("route=\"{route}\""));
        }
        let _ = writeln!(out, "# TYPE groundplan_push_seconds histogram");
        let push = self.push_latency.lock().unwrap_or_else(PoisonError::into_inner);
        push.render(&mut out, "groundplan_push_seconds", "");
        drop(push);
        let _ = writeln!(out, "# TYPE groundplan_socket_refusals_total counter");
        for (code, count) in &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = writeln!(out, "groundplan_socket_refusals_total{{code=\"{code}\"}} {count}");
        }
        for (name, counter) in [
            ("connections_refused", &self.connections_refused),
            ("rate_limited", &self.rate_limited),
            ("envelopes", &self.envelopes),
            ("envelopes_repeated", &self.envelopes_repeated),
            ("envelope_bytes", &self.envelope_bytes),
            ("log_entries", &self.log_entries),
            ("subscribers_lagged", &self.lagged),
        ] {
            let _ = writeln!(
                out,
                "# TYPE groundplan_{name}_total counter\ngroundplan_{name}_total {}",
                counter.get()
            );
        }
        let mut gauges = vec![
            ("sockets", self.sockets.get().unsigned_abs()),
            ("subscriptions", self.subscriptions.get().unsigned_abs()),
        ];
        if let Some(usage) = usage {
            gauges.push(("accounts", usage.accounts));
            gauges.push(("devices", usage.devices));
            gauges.push(("workspaces", usage.workspaces));
            gauges.push(("stored_bytes", usage.stored_bytes));
        }
        for (name, value) in gauges {
            let _ = writeln!(out, "# TYPE groundplan_{name} gauge\ngroundplan_{name} {value}");
        }
        out
    }
}

/// A method as a label: clients may send any word.
fn plain(method: &str) -> &str {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_what_was_counted() {
        let metrics = Metrics::default();
        metrics.request("GET", "/healthz", 200, Duration::from_millis(3));
        metrics.request("EVIL\"}", "none", 404, Duration::from_millis(3));
        metrics.push(Duration::from_micros(900));
        metrics.refuse(ProblemCode::EpochStale);
        let held = metrics.sockets.hold();
        let text = metrics.render(Some(Usage { workspaces: 4, ..Usage::default() }));
        for line in [
            "groundplan_http_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 1",
            "groundplan_http_requests_total{method=\"other\",route=\"none\",status=\"404\"} 1",
            "groundplan_http_request_seconds_bucket{route=\"/healthz\",le=\"0.0025\"} 0",
            "groundplan_http_request_seconds_bucket{route=\"/healthz\",le=\"0.005\"} 1",
            "groundplan_push_seconds_bucket{le=\"0.001\"} 1",
            "groundplan_socket_refusals_total{code=\"epoch_stale\"} 1",
            "groundplan_sockets 1",
            "groundplan_workspaces 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(held);
        assert_eq!(metrics.sockets.get(), 0);
    }
}
