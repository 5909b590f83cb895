-- The work of a full refresh as one would write it by hand for this company alone, as fast as DuckDB
-- can: no undo, no corrections, no second time zone, no policies, no known-at. The facts are the views
-- profile, product, purchase, license and usage; every step marked "write" ends as Parquet.

-- step: ids
CREATE TEMP TABLE ids AS
WITH said AS (SELECT source, customer_ref, lower(trim(email)) AS email, parent_ref FROM profile),
named AS (
    SELECT *, coalesce(min(source || ':' || customer_ref) OVER (PARTITION BY email), source || ':' || customer_ref) AS one
    FROM said WHERE email IS NOT NULL
    UNION ALL
    SELECT *, source || ':' || customer_ref FROM said WHERE email IS NULL
)
SELECT person.source, person.customer_ref, person.one AS customer_id, coalesce(parent.one, person.one) AS root_id
FROM named AS person
LEFT JOIN named AS parent ON parent.source = person.source AND parent.customer_ref = person.parent_ref;

-- step: refs (write)
SELECT * FROM ids;

-- step: people (write)
SELECT customer_id, any_value(root_id) AS root_id, arg_max(kind, (seen.source, p.seq)) AS kind,
       arg_max(p.name, p.seq) AS name, arg_max(p.email, p.seq) AS email, arg_max(p.country, p.seq) AS country,
       arg_max(p.owner, p.seq) AS owner, count(*) AS profiles
FROM profile AS p JOIN ids AS seen USING (source, customer_ref)
GROUP BY customer_id;

-- step: usage_daily (write)
SELECT occurred_at::DATE AS day, source, customer_ref, unit_id, product, actor, feature,
       count(*) AS events, sum(quantity) AS quantity, max(occurred_at) AS last_at
FROM usage GROUP BY ALL;

-- step: use_days
CREATE TEMP TABLE use_days AS
SELECT unit_id, day, any_value(product) AS product FROM usage_daily GROUP BY unit_id, day;

-- step: entitled
CREATE TEMP TABLE entitled AS
SELECT unit_id, product, root_id, source, customer_ref, occurred_at::DATE AS said_on, starts_on, ends_on,
       NOT trial AND mrr <> 0 AS paid
FROM license JOIN ids USING (source, customer_ref);

-- step: runs
CREATE TEMP TABLE runs AS
WITH marked AS (
    SELECT unit_id, day, coalesce(day - lag(day) OVER w > 30, true) AS opens,
           coalesce(lead(day) OVER w - day > 30, true) AS closes, lag(day) OVER w IS NULL AS first
    FROM use_days WINDOW w AS (PARTITION BY unit_id ORDER BY day)
)
SELECT * FROM marked WHERE opens OR closes;

-- step: outside_runs
CREATE TEMP TABLE outside_runs AS
WITH days AS (
    SELECT unit_id, day FROM use_days JOIN entitled USING (unit_id) WHERE day < starts_on OR day > ends_on
)
SELECT unit_id, day, coalesce(day - lag(day) OVER w > 30, true) AS opens,
       coalesce(lead(day) OVER w - day > 30, true) AS closes
FROM days WINDOW w AS (PARTITION BY unit_id ORDER BY day);

-- step: unit_spans
-- "lived" counts for 60 days after a use (likely) and "proved" for 30 (half-life 30 days).
CREATE TEMP TABLE unit_spans AS
WITH points(unit_id, day, entitled, begun, used, ever, outside, proved, lived) AS (
    SELECT unit_id, day, 0, 0, 1, first::INT, 0, 1, 1 FROM runs WHERE opens
    UNION ALL SELECT unit_id, day + 30, 0, 0, -1, 0, 0, 0, 0 FROM runs WHERE closes
    UNION ALL SELECT unit_id, day + 31, 0, 0, 0, 0, 0, -1, 0 FROM runs WHERE closes
    UNION ALL SELECT unit_id, day + 61, 0, 0, 0, 0, 0, 0, -1 FROM runs WHERE closes
    UNION ALL SELECT unit_id, day, 0, 0, 0, 0, 1, 0, 0 FROM outside_runs WHERE opens
    UNION ALL SELECT unit_id, day + 30, 0, 0, 0, 0, -1, 0, 0 FROM outside_runs WHERE closes
    UNION ALL SELECT unit_id, said_on, 0, 0, 0, 0, 0, 0, 0 FROM entitled WHERE said_on < starts_on
    UNION ALL SELECT unit_id, starts_on, 1, 1, 0, 0, 0, 0, 0 FROM entitled
    UNION ALL SELECT unit_id, ends_on + 1, -1, 0, 0, 0, 0, 0, 0 FROM entitled WHERE ends_on IS NOT NULL
), deltas AS (
    SELECT unit_id, day, sum(entitled)::INT AS entitled, sum(begun)::INT AS begun, sum(used)::INT AS used,
           sum(ever)::INT AS ever, sum(outside)::INT AS outside, sum(proved)::INT AS proved, sum(lived)::INT AS lived
    FROM points GROUP BY unit_id, day
), standing AS (
    SELECT unit_id, day, sum(entitled) OVER w AS entitled, sum(begun) OVER w AS begun, sum(used) OVER w AS used,
           sum(ever) OVER w AS ever, sum(outside) OVER w AS outside, sum(proved) OVER w AS proved,
           sum(lived) OVER w AS lived
    FROM deltas WINDOW w AS (PARTITION BY unit_id ORDER BY day)
), states AS (
    SELECT unit_id, day,
           CASE WHEN entitled > 0 AND used > 0 THEN 'in_use'
                WHEN entitled = 0 AND outside > 0 THEN 'unlicensed_use'
                WHEN begun = 0 THEN 'not_started'
                WHEN entitled > 0 AND ever > 0 THEN 'idle'
                WHEN entitled > 0 THEN 'never_activated'
                ELSE 'expired' END AS state,
           CASE WHEN proved > 0 THEN 'proven' WHEN lived > 0 THEN 'likely' ELSE 'unverified' END AS evidence
    FROM standing
), changes AS (
    SELECT *, (lag(state) OVER w, lag(evidence) OVER w) IS DISTINCT FROM (state, evidence) AS changed
    FROM states WINDOW w AS (PARTITION BY unit_id ORDER BY day)
)
SELECT unit_id, product, root_id, state, evidence, day AS since,
       lead(day) OVER (PARTITION BY unit_id ORDER BY day) AS until
FROM changes JOIN entitled USING (unit_id) WHERE changed;

-- step: units (write)
SELECT * FROM unit_spans;

-- step: bought
-- Purchase days; a refund names the order that it takes back whole.
CREATE TEMP TABLE bought AS
SELECT root_id, p.product, p.ordered_on AS day, coalesce(back.ordered_on, DATE '9999-01-01') AS gone
FROM purchase AS p JOIN ids USING (source, customer_ref)
LEFT JOIN (SELECT order_ref, ordered_on FROM purchase WHERE quantity < 0) AS back USING (order_ref)
WHERE p.quantity > 0
UNION ALL
SELECT root_id, product, starts_on, DATE '9999-01-01' FROM entitled WHERE paid;

-- step: stories
-- The purchase days of a customer; told anew from each day on which one was taken back.
CREATE TEMP TABLE stories AS
WITH moments AS (SELECT DISTINCT root_id, gone AS story FROM bought WHERE gone < DATE '9999-01-01'),
starts AS (FROM moments UNION ALL SELECT DISTINCT root_id, DATE '0001-01-01' FROM moments),
ends AS (SELECT *, lead(story, 1, DATE '9999-01-01') OVER (PARTITION BY root_id ORDER BY story) AS story_end FROM starts)
SELECT root_id, story, story_end, product, day FROM ends JOIN bought USING (root_id)
WHERE day < story_end AND gone > story
UNION ALL
SELECT root_id, DATE '0001-01-01', DATE '9999-01-01', product, day FROM bought ANTI JOIN moments USING (root_id);

-- step: rhythm
-- Stretches between two changes of what a customer bought: the last purchase day, its product, the next
-- purchase day, and the customer's own median gap from three purchase days on.
CREATE TEMP TABLE rhythm AS
WITH days AS (
    SELECT root_id, story, story_end, day, min(product) AS product FROM stories GROUP BY root_id, story, story_end, day
), gaps AS (
    SELECT *, day - lag(day) OVER w AS gap, row_number() OVER w AS nth, lead(day, 1, DATE '9999-01-01') OVER w AS next
    FROM days WINDOW w AS (PARTITION BY root_id, story ORDER BY day)
), told AS (
    SELECT root_id, product, greatest(day, story) AS from_day, least(next, story_end) AS to_day, day AS last_day, next,
           CASE WHEN nth >= 3 THEN median(gap) OVER (PARTITION BY root_id, story ORDER BY day) END AS own
    FROM gaps
)
SELECT * FROM told WHERE from_day < to_day;

-- step: gaps
-- How often which gap between two purchase days was known from which day on, by product and category.
CREATE TEMP TABLE gaps AS
WITH seen AS (
    SELECT 'p' AS of, product AS name, greatest(day, story) AS known, story_end,
           day - lag(day) OVER (PARTITION BY root_id, story, product ORDER BY day) AS gap
    FROM (SELECT DISTINCT root_id, story, story_end, product, day FROM stories)
    UNION ALL
    SELECT 'c', category, greatest(day, story), story_end,
           day - lag(day) OVER (PARTITION BY root_id, story, category ORDER BY day)
    FROM (SELECT DISTINCT root_id, story, story_end, category, day FROM stories JOIN product USING (product))
), counted AS (
    SELECT of, name, known AS ended, gap, count(*) AS times FROM seen WHERE gap IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT of, name, story_end, gap, -count(*) FROM seen
    WHERE gap IS NOT NULL AND story_end < DATE '9999-01-01' GROUP BY ALL
)
SELECT of, name, ended, gap, sum(times)::BIGINT AS times FROM counted GROUP BY ALL HAVING sum(times) <> 0;

-- step: reach (python)

-- step: silence
-- Spans in which the last purchase lies further back than one interval, or than two of them (the lapse limit).
CREATE TEMP TABLE silence AS
WITH limits(limit_name, times) AS (VALUES ('interval', 1), ('lapse', 2)),
own AS (
    SELECT root_id, limit_name, greatest(from_day, last_day + floor(own * times)::INT + 1) AS from_day, to_day, next
    FROM rhythm, limits WHERE own IS NOT NULL
), days AS (SELECT DISTINCT product, last_day FROM rhythm WHERE own IS NULL),
changes AS (
    SELECT product, limit_name, from_day, floor(middle * times)::INT AS reach FROM reach, limits
    QUALIFY reach IS DISTINCT FROM lag(reach) OVER (PARTITION BY product, limit_name ORDER BY from_day)
), limited AS (
    SELECT *, lead(from_day, 1, DATE '9999-01-01') OVER w AS to_day, lag(reach, 1, 99999) OVER w AS before,
           lead(reach, 1, 99999) OVER w AS after
    FROM changes WINDOW w AS (PARTITION BY product, limit_name ORDER BY from_day)
), pieces AS (
    SELECT d.product, last_day, limit_name, greatest(from_day, last_day + reach + 1) AS from_day, to_day,
           NOT (last_day + before + 1 < from_day AND last_day + reach + 1 <= from_day) AS opens,
           last_day + after + 1 > to_day AS closes
    FROM days AS d JOIN limited AS r ON r.product = d.product AND r.to_day > last_day + reach + 1
), merged AS (
    SELECT product, last_day, limit_name, from_day AS span_from,
           CASE WHEN closes THEN to_day ELSE lead(to_day) OVER w END AS span_to
    FROM pieces WHERE opens OR closes
    WINDOW w AS (PARTITION BY product, last_day, limit_name ORDER BY from_day) QUALIFY opens
), few AS (
    SELECT root_id, limit_name, greatest(from_day, span_from) AS from_day, least(to_day, span_to) AS to_day, next
    FROM rhythm JOIN merged USING (product, last_day) WHERE own IS NULL
)
SELECT * FROM own WHERE from_day < to_day UNION ALL SELECT * FROM few WHERE from_day < to_day;

-- step: money
CREATE TEMP TABLE money AS
WITH days AS (
    SELECT root_id, ordered_on AS day, sum(amount) AS amount FROM purchase JOIN ids USING (source, customer_ref)
    GROUP BY root_id, ordered_on
), totals AS (
    SELECT root_id, day, sum(amount) OVER (PARTITION BY root_id ORDER BY day) > 0 AS plus FROM days
)
SELECT root_id, day, plus FROM totals
QUALIFY plus IS DISTINCT FROM coalesce(lag(plus) OVER (PARTITION BY root_id ORDER BY day), false);

-- step: places
CREATE TEMP TABLE places(state, place) AS VALUES
    ('in_use', 1), ('unlicensed_use', 2), ('idle', 3), ('never_activated', 4), ('not_started', 5), ('expired', 6);

-- step: customer_spans
-- Fourteen counters of nine bits each in one number, so that one running sum moves them all.
CREATE TEMP TABLE customer_spans AS
WITH paid AS (SELECT root_id, said_on, ends_on FROM entitled WHERE paid),
moves(root_id, day, gone, live) AS (
    SELECT root_id, from_day, 1, 0 FROM silence WHERE limit_name = 'lapse'
    UNION ALL SELECT root_id, to_day, -1, 0 FROM silence WHERE limit_name = 'lapse'
    UNION ALL SELECT root_id, said_on, 0, 1 FROM paid
    UNION ALL SELECT root_id, ends_on + 1, 0, -1 FROM paid WHERE ends_on IS NOT NULL
), balance AS (
    SELECT root_id, day, sum(sum(gone)) OVER w > 0 AND sum(sum(live)) OVER w = 0 AS down
    FROM moves GROUP BY root_id, day WINDOW w AS (PARTITION BY root_id ORDER BY day)
), came AS (
    SELECT root_id, to_day AS day FROM silence WHERE limit_name = 'lapse' AND to_day = next
    UNION SELECT root_id, said_on FROM paid
), back AS (
    SELECT root_id, day FROM (FROM balance QUALIFY NOT down AND lag(down) OVER (PARTITION BY root_id ORDER BY day))
    SEMI JOIN came USING (root_id, day)
), first AS (
    SELECT root_id, story, story_end, min(day) AS started FROM stories GROUP BY root_id, story, story_end
),
points(root_id, day, counter, change) AS (
    SELECT root_id, day, 0, CASE WHEN plus THEN 1 ELSE -1 END FROM money
    UNION ALL SELECT root_id, said_on, unnest([0, 1, 2]), 1 FROM paid
    UNION ALL SELECT root_id, ends_on + 1, 2, -1 FROM paid WHERE ends_on IS NOT NULL
    UNION ALL SELECT root_id, greatest(started, story), unnest([3, 6]), 1 FROM first
    UNION ALL SELECT root_id, story_end, 3, -1 FROM first
    UNION ALL SELECT root_id, greatest(started, story, least(started + 91, story_end)), 6, -1 FROM first
    UNION ALL SELECT root_id, from_day, CASE limit_name WHEN 'interval' THEN 4 ELSE 5 END, 1 FROM silence
    UNION ALL SELECT root_id, to_day, CASE limit_name WHEN 'interval' THEN 4 ELSE 5 END, -1 FROM silence
    UNION ALL SELECT root_id, day, 7, 1 FROM back
    UNION ALL SELECT root_id, day + 91, 7, -1 FROM back
    UNION ALL SELECT root_id, since, 7 + place, 1 FROM unit_spans JOIN places USING (state)
    UNION ALL SELECT root_id, until, 7 + place, -1 FROM unit_spans JOIN places USING (state) WHERE until IS NOT NULL
), changes AS (
    SELECT root_id, day, sum((1::HUGEINT << 9 * counter) * change) AS change FROM points GROUP BY root_id, day
), counted AS (
    SELECT root_id, day, sum(change) OVER (PARTITION BY root_id ORDER BY day) AS n FROM changes
), standing AS (
    SELECT root_id, day, n & 511 > 0 AS bought, (n >> 9) & 511 > 0 AS had, (n >> 18) & 511 > 0 AS live,
           (n >> 27) & 511 > 0 AS buys, (n >> 36) & 511 > 0 AS quiet, (n >> 45) & 511 > 0 AS gone,
           (n >> 54) & 511 > 0 AS fresh, (n >> 63) & 511 > 0 AS again,
           CASE WHEN (n >> 72) & 511 > 0 THEN 'in_use' WHEN (n >> 81) & 511 > 0 THEN 'unlicensed_use'
                WHEN (n >> 90) & 511 > 0 THEN 'idle' WHEN (n >> 99) & 511 > 0 THEN 'never_activated'
                WHEN (n >> 108) & 511 > 0 THEN 'not_started' WHEN (n >> 117) & 511 > 0 THEN 'expired'
           END AS best
    FROM counted
), said AS (
    SELECT root_id, day, bought, best,
           CASE WHEN NOT bought THEN NULL
                WHEN had AND NOT live AND NOT (buys AND NOT gone) THEN 'churned'
                WHEN again THEN 'reactivated' WHEN fresh THEN 'new'
                WHEN live OR (buys AND NOT quiet) THEN 'active' WHEN buys AND NOT gone THEN 'lapsing'
                ELSE 'lapsed' END AS status
    FROM standing
), changed AS (
    SELECT * FROM said WINDOW w AS (PARTITION BY root_id ORDER BY day)
    QUALIFY (bought, best, status) IS DISTINCT FROM (lag(bought) OVER w, lag(best) OVER w, lag(status) OVER w)
)
SELECT root_id, bought, status, best,
       CASE WHEN bought THEN coalesce(best, CASE status WHEN 'lapsed' THEN 'lapsed_buyer' ELSE 'buyer' END) END AS place,
       day AS since, lead(day) OVER (PARTITION BY root_id ORDER BY day) AS until
FROM changed;

-- step: customers (write)
SELECT * FROM customer_spans;

-- step: product_customers (write)
WITH sums AS (
    SELECT root_id, product, ordered_on AS day,
           sum(sum(amount)) OVER (PARTITION BY root_id, product ORDER BY ordered_on) > 0 AS plus
    FROM purchase JOIN ids USING (source, customer_ref) GROUP BY root_id, product, ordered_on
), money_of AS (
    SELECT * FROM sums
    QUALIFY plus IS DISTINCT FROM coalesce(lag(plus) OVER (PARTITION BY root_id, product ORDER BY day), false)
), points(root_id, product, day, counter, change) AS (
    SELECT root_id, product, day, 0, CASE WHEN plus THEN 1 ELSE -1 END FROM money_of
    UNION ALL SELECT root_id, product, said_on, 0, 1 FROM entitled WHERE paid
    UNION ALL SELECT root_id, product, since, place, 1 FROM unit_spans JOIN places USING (state)
    UNION ALL SELECT root_id, product, until, place, -1 FROM unit_spans JOIN places USING (state)
              WHERE until IS NOT NULL
), changes AS (
    SELECT root_id, product, day, sum((1::HUGEINT << 9 * counter) * change) AS change FROM points
    GROUP BY root_id, product, day
), counted AS (
    SELECT root_id, product, day, lead(day) OVER w AS until, sum(change) OVER w AS n FROM changes
    WINDOW w AS (PARTITION BY root_id, product ORDER BY day)
)
SELECT root_id, product, day AS since, until, n & 511 > 0 AS bought,
       CASE WHEN (n >> 9) & 511 > 0 THEN 'in_use' WHEN (n >> 18) & 511 > 0 THEN 'unlicensed_use'
            WHEN (n >> 27) & 511 > 0 THEN 'idle' WHEN (n >> 36) & 511 > 0 THEN 'never_activated'
            WHEN (n >> 45) & 511 > 0 THEN 'not_started' WHEN (n >> 54) & 511 > 0 THEN 'expired'
       END AS best
FROM counted;

-- step: worth (write)
SELECT root_id, currency, sum(amount) AS revenue, min(ordered_on) FILTER (quantity > 0) AS first_bought,
       max(ordered_on) FILTER (quantity > 0) AS last_bought, count(*) FILTER (quantity > 0) AS purchases
FROM purchase JOIN ids USING (source, customer_ref) GROUP BY root_id, currency;

-- step: last_use (write)
SELECT unit_id, day AS first_day, CASE WHEN closes THEN day ELSE lead(day) OVER w END AS last_day
FROM runs WINDOW w AS (PARTITION BY unit_id ORDER BY day) QUALIFY opens;

-- step: terms (write)
SELECT unit_id, root_id, product, said_on, starts_on, ends_on, paid FROM entitled;

-- step: changes (write)
WITH moves(what, name, day, change) AS (
    SELECT 'place', place, since, count(*) FROM customer_spans WHERE bought GROUP BY ALL
    UNION ALL SELECT 'place', place, until, -count(*) FROM customer_spans WHERE bought GROUP BY ALL
    UNION ALL SELECT 'status', status, since, count(*) FROM customer_spans WHERE bought GROUP BY ALL
    UNION ALL SELECT 'status', status, until, -count(*) FROM customer_spans WHERE bought GROUP BY ALL
    UNION ALL SELECT 'installed', if(bought, 'bought', 'not_bought'), since, count(*) FROM customer_spans
              WHERE best IN ('in_use', 'unlicensed_use') GROUP BY ALL
    UNION ALL SELECT 'installed', if(bought, 'bought', 'not_bought'), until, -count(*) FROM customer_spans
              WHERE best IN ('in_use', 'unlicensed_use') GROUP BY ALL
    UNION ALL SELECT 'unit', state, since, count(*) FROM unit_spans GROUP BY ALL
    UNION ALL SELECT 'unit', state, until, -count(*) FROM unit_spans GROUP BY ALL
)
SELECT what, name, day, sum(change) AS change FROM moves WHERE day < DATE '9999-01-01' GROUP BY ALL;
