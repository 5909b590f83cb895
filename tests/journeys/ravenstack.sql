-- Both bases on :day straight from RavenStack's files, by definition and without Pomar: no timelines, no facts.
CREATE OR REPLACE MACRO dmy(text) AS strptime(text, '%d-%m-%Y')::DATE;
CREATE OR REPLACE TEMP TABLE contract AS
SELECT subscription_id AS unit, account_id AS root, dmy(start_date) AS starts,
       coalesce(dmy(end_date), DATE '9999-12-31') AS ends, mrr_amount::DECIMAL(18, 2) AS mrr,
       NOT is_trial::BOOLEAN AND mrr_amount::DECIMAL(18, 2) <> 0 AS paid
FROM read_csv('{folder}/ravenstack_subscriptions.csv', all_varchar = true);
CREATE OR REPLACE TEMP TABLE used AS
SELECT DISTINCT subscription_id AS unit, dmy(usage_date) AS day
FROM read_csv('{folder}/ravenstack_feature_usage.csv', all_varchar = true) AS row
QUALIFY count(DISTINCT row::VARCHAR) OVER (PARTITION BY usage_id) = 1;
CREATE OR REPLACE TEMP TABLE asked AS SELECT DATE '{day}' AS t;

-- Use names no account: before its subscription starts, nobody can say whose the use is.
CREATE OR REPLACE TEMP TABLE unit_state AS
WITH use AS (
    SELECT u.unit, max(u.day) AS last,
           bool_or(u.day > t - 30 AND NOT u.day BETWEEN c.starts AND c.ends) AS outside
    FROM used AS u JOIN contract AS c USING (unit) CROSS JOIN asked WHERE u.day <= t GROUP BY u.unit
), known AS (
    SELECT c.unit, CASE WHEN c.starts <= t THEN c.root END AS root, t BETWEEN c.starts AND c.ends AS entitled, u.last, coalesce(u.outside, false) AS outside, t
    FROM contract AS c CROSS JOIN asked LEFT JOIN use AS u USING (unit)
    WHERE c.starts <= t OR u.last IS NOT NULL
)
SELECT unit, root, CASE
    WHEN entitled AND last > t - 30 THEN 'in_use'
    WHEN NOT entitled AND outside THEN 'unlicensed_use'
    WHEN entitled AND last IS NOT NULL THEN 'idle'
    WHEN entitled THEN 'never_activated'
    ELSE 'expired' END AS state
FROM known;

-- A customer has a paid subscription; each start is a purchase.
CREATE OR REPLACE TEMP TABLE start_day AS SELECT DISTINCT root, starts FROM contract WHERE paid;
CREATE OR REPLACE TEMP TABLE gap AS
SELECT root, starts AS ended, starts - lag(starts) OVER (PARTITION BY root ORDER BY starts) AS gap FROM start_day;
CREATE OR REPLACE MACRO standing(days) AS TABLE
SELECT q.root, q.day, q.day - max(s.starts) AS quiet, min(s.starts) AS first,
       bool_or(EXISTS (FROM contract AS c WHERE c.paid AND c.root = q.root AND q.day BETWEEN c.starts AND c.ends)) AS live,
       CASE WHEN count(*) >= 3
            THEN (SELECT median(g.gap) FROM gap AS g WHERE g.root = q.root AND g.ended <= q.day)
            ELSE coalesce((SELECT median(g.gap) FROM gap AS g WHERE g.ended <= q.day), 365) END AS interval
FROM query_table(days) AS q JOIN start_day AS s ON s.root = q.root AND s.starts <= q.day
GROUP BY q.root, q.day;
CREATE OR REPLACE TEMP TABLE today AS SELECT DISTINCT root, t AS day FROM start_day CROSS JOIN asked WHERE starts <= t;
CREATE OR REPLACE TEMP TABLE eve AS
SELECT root, starts - 1 AS day FROM start_day CROSS JOIN asked WHERE starts BETWEEN t - 90 AND t;
CREATE OR REPLACE TEMP TABLE returned AS
SELECT DISTINCT root FROM standing('eve') WHERE NOT live AND quiet > 2 * interval;
CREATE OR REPLACE TEMP TABLE customer AS
WITH best AS (
    SELECT root, list_position(
        ['in_use', 'unlicensed_use', 'idle', 'never_activated', 'expired'], state) AS place FROM unit_state
)
SELECT s.root, CASE
        WHEN NOT live AND quiet > 2 * interval THEN 'churned'
        WHEN s.root IN (FROM returned) THEN 'reactivated'
        WHEN s.day - first <= 90 THEN 'new'
        WHEN live OR quiet <= interval THEN 'active'
        ELSE 'lapsing' END AS status,
    (SELECT ['in_use', 'unlicensed_use', 'idle', 'never_activated', 'expired'][min(b.place)]
     FROM best AS b WHERE b.root = s.root) AS place
FROM standing('today') AS s;
