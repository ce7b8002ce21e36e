//! Pushing, catching up, hearing live; on both stores.

use groundplan_shared::wire::{
    ClientFrame, DocumentId, ServerFrame,
    frames::{Outcome, Pull},
};

use super::{
    Fixture,
    client::{Client, Socket, codes},
};
use crate::Server;

async fn flows(fixture: Fixture) {
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut author = client.workspace().await;
    let id = author.id();
    let mut sender = Socket::signed_in(&client).await;
    let mut listener = Socket::signed_in(&client).await;
    listener.subscribe(id, 0, 100).await;
    let ServerFrame::LogDelta(log) = listener.next().await else { panic!("the log comes first") };
    assert_eq!((log.first_index, log.entries.len(), log.more), (0, 1, false));
    let ServerFrame::Feed(feed) = listener.next().await else { panic!("then the feed") };
    assert_eq!((feed.items.len(), feed.more, feed.head_ws_seq), (0, false, 0));

    let envelopes: Vec<_> = (0..5).map(|n| author.seal(n % 2, &format!("change {n}"))).collect();
    let first = sender.push(id, envelopes.clone(), false).await;
    assert_eq!(codes(&first), ["1", "2", "3", "4", "5"]);
    let heard = listener.items(5).await;
    assert_eq!(heard.iter().map(|item| item.envelope.clone()).collect::<Vec<_>>(), envelopes);
    for (item, outcome) in heard.iter().zip(&first) {
        let Outcome::Accepted(accepted) = outcome else { panic!("{outcome:?}") };
        assert_eq!(
            (item.ws_seq, item.doc_seq, item.link),
            (accepted.ws_seq, accepted.doc_seq, accepted.link)
        );
    }
    // The same push again has the same places, and nobody hears of it.
    let again = sender.push(id, envelopes.clone(), false).await;
    assert_eq!(again, first);
    let more = author.seal(7, "more");
    assert_eq!(codes(&sender.push(id, vec![more.clone()], true).await), ["6"]);
    let heard = listener.items(1).await;
    assert_eq!((heard[0].ws_seq, &heard[0].envelope), (6, &more));

    let pull = Pull { request: 3, workspace: id, document: DocumentId([1; 16]), after_doc_seq: 1, limit: 10 };
    listener.send(ClientFrame::Pull(pull)).await;
    let ServerFrame::PullResult(pulled) = listener.next().await else { panic!("an answer") };
    assert_eq!(pulled.items.iter().map(|item| (item.ws_seq, item.doc_seq)).collect::<Vec<_>>(), [(4, 2)]);
    listener.send(ClientFrame::Ping(77)).await;
    assert_eq!(listener.next().await, ServerFrame::Pong(77));

    // A late comer catches up from where it was.
    let mut late = Socket::signed_in(&client).await;
    late.subscribe(id, 4, 100).await;
    assert_eq!(late.items(2).await.iter().map(|item| item.ws_seq).collect::<Vec<_>>(), [5, 6]);
    fixture.server.shutdown().await;
    assert_eq!(late.closed().await, Some(1001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_pushes_the_other_hears() {
    flows(Fixture::plain().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_pushes_the_other_hears_on_postgres() {
    flows(Fixture::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_wake_each_other() {
    let fixture = Fixture::postgres().await;
    let mut config = fixture.server.app().config.clone();
    config.data_dir = fixture.folder.path().join("other");
    config.public_url = Some(fixture.server.app().identity.issuer.clone());
    let other = Server::start(config).await.unwrap();
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut author = client.workspace().await;
    let there = Client { at: other.addr, keys: client.keys.clone(), tokens: client.tokens.clone(), ..client };
    let mut listener = Socket::signed_in(&there).await;
    listener.subscribe(author.id(), 0, 100).await;
    let mut sender =
        Socket::signed_in(&Client { at: fixture.server.addr, keys: there.keys.clone(), ..there }).await;
    let envelope = author.seal(1, "hello");
    sender.push(author.id(), vec![envelope.clone()], false).await;
    assert_eq!(listener.items(1).await[0].envelope, envelope);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_at_a_restart() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut author = client.workspace().await;
    let mut socket = Socket::signed_in(&client).await;
    let envelopes: Vec<_> = (0..20).map(|n| author.seal(n, "x")).collect();
    assert_eq!(socket.push(author.id(), envelopes.clone(), false).await.len(), 20);
    let mut config = fixture.server.app().config.clone();
    config.listen = fixture.server.addr;
    fixture.server.shutdown().await;
    let again = Server::start(config).await.unwrap();
    let mut socket = Socket::signed_in(&client).await;
    socket.subscribe(author.id(), 0, 100).await;
    let found: Vec<_> = socket.items(20).await.into_iter().map(|item| item.envelope).collect();
    assert_eq!(found, envelopes);
    assert_eq!(codes(&socket.push(author.id(), vec![author.seal(1, "y")], false).await), ["21"]);
    again.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_wait_for_credit() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut author = client.workspace().await;
    let mut socket = Socket::signed_in(&client).await;
    socket.subscribe(author.id(), 0, 1).await;
    assert!(matches!(socket.next().await, ServerFrame::LogDelta(_)));
    // The one credit is spent: the answer to a ping overtakes the feed.
    assert_eq!(codes(&socket.push(author.id(), vec![author.seal(1, "x")], false).await), ["1"]);
    socket.send(ClientFrame::Ping(1)).await;
    assert_eq!(socket.next().await, ServerFrame::Pong(1));
    socket.send(ClientFrame::Credit(10)).await;
    assert_eq!(socket.items(1).await[0].ws_seq, 1);
    socket.send(ClientFrame::Credit(u32::MAX)).await;
    assert_eq!(socket.problem().await, ("protocol_violation".to_owned(), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn envelopes_are_rate_limited_by_device() {
    let fixture = Fixture::start(|config| config.limits.envelope_burst = 64).await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let mut author = client.workspace().await;
    let mut socket = Socket::signed_in(&client).await;
    let first: Vec<_> = (0..64).map(|_| author.seal(1, "x")).collect();
    assert!(
        codes(&socket.push(author.id(), first, false).await).iter().all(|code| code.parse::<u64>().is_ok())
    );
    let next: Vec<_> = (0..64).map(|_| author.seal(1, "x")).collect();
    let outcomes = socket.push(author.id(), next, false).await;
    let Outcome::Refused(refused) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert_eq!(refused.code.as_str(), "rate_limited");
    assert!(refused.retry_ms.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_are_all_heard_in_order() {
    let fixture = Fixture::plain().await;
    let client = Client::new(fixture.server.addr, "ada").await;
    let base = client.workspace().await;
    let id = base.id();
    let mut listener = Socket::signed_in(&client).await;
    listener.subscribe(id, 0, 10_000).await;
    let writers = (0..8u8).map(|n| {
        let (client, state, ring) = (&client, base.state.clone(), base.ring.clone());
        async move {
            let mut author = super::client::Author::new(client.keys.clone(), state, ring);
            let mut socket = Socket::signed_in(client).await;
            for _ in 0..25 {
                let envelope = author.seal(n, "x");
                let codes = codes(&socket.push(id, vec![envelope], false).await);
                assert!(codes[0].parse::<u64>().is_ok(), "{codes:?}");
            }
        }
    });
    futures_util::future::join_all(writers).await;
    let heard = listener.items(200).await;
    assert_eq!(heard.iter().map(|item| item.ws_seq).collect::<Vec<_>>(), (1..=200).collect::<Vec<_>>());
}
