//! What models answer: prose in several scripts, and code.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Texts of one kind, each about as long as a reply.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) texts: Vec<String>,
}

/// Bytes of a reply.
const REPLY: usize = 1_000;
const REPLIES: usize = 64;

pub(crate) fn kinds() -> Vec<Kind> {
    let replies = |name, sentences| Kind { name, texts: replies(sentences) };
    vec![
        replies("English, 1 KB", ENGLISH),
        replies("other languages, 1 KB", OTHERS),
        replies("JSON and code, 1 KB", CODE),
        Kind { name: "100 KB of `a`", texts: vec!["a".repeat(100 * 1_024)] },
    ]
}

/// Replies of these pieces in random order, so that no two are alike.
fn replies(pieces: &str) -> Vec<String> {
    let pieces: Vec<_> = pieces.trim().split("\n\n").collect();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let reply = |_| {
        let mut text = String::new();
        while text.len() < REPLY {
            text.push_str(pieces[random.random_range(0..pieces.len())]);
            text.push_str(if random.random_ratio(1, 4) { "\n\n" } else { " " });
        }
        text
    };
    (0..REPLIES).map(reply).collect()
}

/// Texts that no model would write: pieces of every script, of white space and of signs, joined without sense.
pub(crate) fn nonsense(seed: u64) -> impl Iterator<Item = String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    std::iter::repeat_with(move || {
        let pieces = random.random_range(1..40);
        (0..pieces).map(|_| piece(&mut random)).collect()
    })
}

fn piece(random: &mut ChaCha8Rng) -> String {
    const RANGES: [(u32, u32); 16] = [
        (0x20, 0x7e),       // ASCII
        (0x61, 0x7a),       // lower case
        (0x41, 0x5a),       // upper case
        (0x30, 0x39),       // digits
        (0xa0, 0x17f),      // Latin with accents
        (0x300, 0x36f),     // combining marks
        (0x370, 0x3ff),     // Greek
        (0x400, 0x45f),     // Cyrillic
        (0x5d0, 0x5ea),     // Hebrew
        (0x620, 0x64a),     // Arabic
        (0x900, 0x97f),     // Devanagari
        (0xe00, 0xe5b),     // Thai
        (0x2000, 0x206f),   // spaces, dashes, joiners
        (0x3041, 0x30ff),   // Japanese
        (0x4e00, 0x9fff),   // Chinese
        (0x1f300, 0x1f64f), // emoji
    ];
    const SPACES: [&str; 12] =
        [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n", "\n ", "\u{a0}", "\u{3000}", "\u{85}"];
    const WORDS: [&str; 12] = [
        "'s",
        "'LL",
        " the",
        "don't",
        "<|endoftext|>",
        "://",
        "...",
        "();\n",
        "{\"",
        "\u{1f469}\u{200d}\u{1f4bb}",
        "ſ",
        "İ",
    ];
    match random.random_range(0..4) {
        0 => SPACES[random.random_range(0..SPACES.len())].to_owned(),
        1 => WORDS[random.random_range(0..WORDS.len())].to_owned(),
        _ => {
            let (first, last) = RANGES[random.random_range(0..RANGES.len())];
            let length = random.random_range(1..9);
            (0..length).filter_map(|_| char::from_u32(random.random_range(first..=last))).collect()
        }
    }
}

const ENGLISH: &str = "
A load test tells you how a service behaves when many people use it at the same time, and not how it behaves on a quiet afternoon.

Start with the question that you want to answer: how many users can we serve before the first word takes longer than half a second?

The time to first token is what people notice. Everything after that only has to keep up with the speed at which they read.

If you're seeing timeouts, check whether the requests wait in the server's queue or never reach it; the two look alike from outside.

**Memory.** Each open stream keeps its key-value cache, so the number of streams is bounded long before the processors are busy.

1. Warm the server up for a minute.
2. Raise the load in steps, and let each of them settle.
3. Compare percentiles, not means: a mean hides the slow ones.

That's a common misunderstanding! Throughput and latency aren't opposites, but past a certain point one is paid for with the other.

In 2023 the median reply had about 250 tokens; reasoning models made that 1,800, which changes what a sensible time-out is.

However, the figures of one run prove little. Repeat it, and look at how far the repetitions are apart before you draw conclusions.

I'd recommend keeping the prompts as they are in production, because a cache that always hits makes every server look wonderful.

For example, suppose that 40 requests arrive each second and each takes three seconds: by Little's law 120 are in flight on average.

Finally, write down the versions of everything. You won't remember next month which build of the engine had the better scheduler.
";

const OTHERS: &str = "
Ein Lasttest zeigt, wie sich ein Dienst verhält, wenn viele Menschen ihn gleichzeitig benutzen; die Zeit bis zum ersten Token spürt jeder.

Un essai de charge montre comment un service se comporte lorsque beaucoup de personnes l'utilisent en même temps, et où il s'arrête.

Нагрузочный тест показывает, как ведёт себя сервис, когда им одновременно пользуется много людей, и сколько времени ждут первого слова.

负载测试可以告诉你，当许多人同时使用一项服务时，它的表现如何；用户最先感受到的是首个词元的延迟。

負荷テストは、多くの人が同時にサービスを使うときの振る舞いを教えてくれます。最初のトークンまでの時間が一番大切です。

부하 테스트는 많은 사람이 동시에 서비스를 사용할 때 어떻게 동작하는지 알려 줍니다. 첫 번째 토큰까지의 시간이 중요합니다.

يوضح اختبار الحمل كيف تتصرف الخدمة عندما يستخدمها عدد كبير من الناس في الوقت نفسه، وكم ينتظرون الكلمة الأولى.

लोड परीक्षण बताता है कि जब बहुत सारे लोग एक साथ किसी सेवा का उपयोग करते हैं तो वह कैसे व्यवहार करती है।

Una prueba de carga muestra cómo se comporta un servicio cuando muchas personas lo usan a la vez; ¿cuánto tarda la primera palabra?

Bài kiểm tra tải cho biết một dịch vụ hoạt động như thế nào khi có nhiều người sử dụng cùng một lúc.
";

const CODE: &str = r#"
{"id": "call_81f0a3", "type": "function", "function": {"name": "search", "arguments": "{\"query\": \"load test\", \"limit\": 10}"}}

{"users": 500, "rate": 41.7, "percentiles": {"p50": 0.183, "p90": 0.412, "p99": 1.204}, "failed": [], "steady": true}

```rust
fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}
```

```python
async def read(session: aiohttp.ClientSession, url: str) -> list[float]:
    async with session.post(url, json={"stream": True}) as response:
        return [time.monotonic() async for _ in response.content]
```

```sql
SELECT name, count(*) AS requests, avg(ttft_ms) FROM requests
WHERE outcome = 'success' GROUP BY name ORDER BY requests DESC LIMIT 20;
```

    for (let i = 0; i < chunks.length; i++) { total += chunks[i].delta?.content?.length ?? 0; }

curl -N -H 'content-type: application/json' -d '{"model":"m","stream":true}' http://127.0.0.1:8000/v1/chat/completions | head -20

[[1, 0.5], [2, 0.25], [4, 0.125], [8, 0.0625], [16, 0.03125], [1024, 9.765625e-4]]
"#;
