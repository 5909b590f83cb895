-- The questions of the pages, by hand, over what by_hand.sql wrote.

-- step: counts
SELECT what, name, sum(change)::BIGINT AS count FROM changes WHERE day <= $day GROUP BY ALL
UNION ALL
SELECT 'users', 'all', count(DISTINCT actor) FROM usage_daily
SEMI JOIN (SELECT unit_id FROM units WHERE since <= $day AND coalesce(until > $day, true)
           AND state IN ('in_use', 'unlicensed_use')) AS alive USING (unit_id)
WHERE day > $day::DATE - 30 AND day <= $day;

-- step: idle_customers
WITH found AS (
    SELECT c.root_id, p.name, p.email, p.kind, p.country, p.owner, c.status, c.place
    FROM customers AS c JOIN people AS p ON p.customer_id = c.root_id
    WHERE c.since <= $day AND coalesce(c.until > $day, true) AND c.bought AND c.place = 'idle'
), page AS (SELECT *, count(*) OVER () AS total FROM found ORDER BY name, root_id LIMIT 50),
counted AS (
    SELECT root_id, count(*) AS units, count(*) FILTER (state IN ('in_use', 'unlicensed_use')) AS units_in_use
    FROM units SEMI JOIN page USING (root_id) WHERE since <= $day AND coalesce(until > $day, true) GROUP BY root_id
), started AS (
    SELECT root_id, min(starts_on) AS first_start, max(starts_on) AS last_start
    FROM terms SEMI JOIN page USING (root_id) WHERE paid AND greatest(said_on, starts_on) <= $day GROUP BY root_id
)
SELECT page.*, units, units_in_use, revenue, least(first_bought, first_start) AS first_bought,
       greatest(last_bought, last_start) AS last_bought
FROM page LEFT JOIN counted USING (root_id) LEFT JOIN (FROM worth SEMI JOIN page USING (root_id)) USING (root_id)
LEFT JOIN started USING (root_id)
ORDER BY name, root_id;

-- step: searched_customers
WITH found AS (
    SELECT c.root_id, p.name, p.email, p.kind, p.country, p.owner, c.status, c.place
    FROM customers AS c JOIN people AS p ON p.customer_id = c.root_id
    WHERE c.since <= $day AND coalesce(c.until > $day, true) AND c.bought
      AND (contains(strip_accents(lower(p.name)), 'person 12') OR contains(lower(p.email), 'person 12')
           OR contains(lower(c.root_id), 'person 12'))
), page AS (SELECT *, count(*) OVER () AS total FROM found ORDER BY name, root_id LIMIT 50),
counted AS (
    SELECT root_id, count(*) AS units, count(*) FILTER (state IN ('in_use', 'unlicensed_use')) AS units_in_use
    FROM units SEMI JOIN page USING (root_id) WHERE since <= $day AND coalesce(until > $day, true) GROUP BY root_id
), started AS (
    SELECT root_id, min(starts_on) AS first_start, max(starts_on) AS last_start
    FROM terms SEMI JOIN page USING (root_id) WHERE paid AND greatest(said_on, starts_on) <= $day GROUP BY root_id
)
SELECT page.*, units, units_in_use, revenue, least(first_bought, first_start) AS first_bought,
       greatest(last_bought, last_start) AS last_bought
FROM page LEFT JOIN counted USING (root_id) LEFT JOIN (FROM worth SEMI JOIN page USING (root_id)) USING (root_id)
LEFT JOIN started USING (root_id)
ORDER BY name, root_id;

-- step: idle_units
WITH found AS (
    SELECT unit_id, product, u.root_id, p.name, state, evidence, since
    FROM units AS u LEFT JOIN people AS p ON p.customer_id = u.root_id
    WHERE since <= $day AND coalesce(until > $day, true) AND state = 'idle'
), page AS (SELECT *, count(*) OVER () AS total FROM found ORDER BY product, unit_id LIMIT 50),
used AS (
    SELECT unit_id, max(last_day) AS last_used FROM last_use SEMI JOIN page USING (unit_id)
    WHERE first_day <= $day GROUP BY unit_id
)
SELECT page.*, last_used, ends_on FROM page LEFT JOIN used USING (unit_id)
LEFT JOIN (FROM terms SEMI JOIN page USING (unit_id)) USING (unit_id) ORDER BY product, unit_id;

-- step: history
WITH moves AS (
    SELECT day, name AS place, change, 0 AS units FROM changes WHERE what = 'place'
    UNION ALL SELECT day, NULL, 0, change FROM changes WHERE what = 'unit' AND name IN ('in_use', 'unlicensed_use')
), days AS (SELECT unnest(generate_series((SELECT min(day) FROM changes), $day::DATE, INTERVAL 1 DAY))::DATE AS day),
grid AS (SELECT day, place FROM days, (SELECT DISTINCT place FROM moves))
SELECT grid.day, grid.place, sum(sum(coalesce(change, 0))) OVER w AS customers,
       sum(sum(coalesce(units, 0))) OVER w AS units
FROM grid LEFT JOIN moves ON moves.day = grid.day AND moves.place IS NOT DISTINCT FROM grid.place
GROUP BY grid.day, grid.place WINDOW w AS (PARTITION BY grid.place ORDER BY grid.day);
