-- The definitions of the bases, written by hand over the raw files of the demo company, as of one day.
-- Nothing here knows how the files were made. Replaced before it runs: {files}, {day}.

CREATE OR REPLACE MACRO today() AS DATE '{day}';
CREATE OR REPLACE MACRO digits(x) AS nullif(regexp_replace(x, '\D', '', 'g'), '');
CREATE OR REPLACE TEMP VIEW orders_csv AS SELECT * FROM read_csv('{files}/orders*.csv', all_varchar=true);
CREATE OR REPLACE TEMP VIEW shop_csv AS SELECT * FROM read_csv('{files}/pedidos_loja*.csv', all_varchar=true, delim=';');
CREATE OR REPLACE TEMP VIEW contracts_csv AS SELECT * FROM read_csv('{files}/subscriptions*.csv', all_varchar=true);
CREATE OR REPLACE TEMP VIEW log_csv AS SELECT * FROM read_csv('{files}/deployments*.csv', all_varchar=true);
CREATE OR REPLACE TEMP VIEW people_csv AS SELECT * FROM read_csv('{files}/crm_people*.csv', all_varchar=true);
CREATE OR REPLACE TEMP VIEW companies_csv AS SELECT * FROM read_csv('{files}/crm_companies*.csv', all_varchar=true);
CREATE OR REPLACE TEMP VIEW shoppers_csv AS SELECT * FROM read_csv('{files}/clientes_loja*.csv', all_varchar=true, delim=';');

-- Who is who: people under companies; shop customers by e-mail, document or domain.
CREATE OR REPLACE TEMP TABLE root AS
WITH crm AS (
    SELECT "Customer ID" AS ref, "Customer ID" AS root, NULL AS email, digits("Tax ID") AS tax, "Website" AS domain
    FROM companies_csv
    UNION ALL
    SELECT "Person ID", coalesce("Company ID", "Person ID"), lower("Email"), digits("Tax ID"), NULL FROM people_csv
), matched AS (
    SELECT s."Código" AS ref, min(c.root) AS root
    FROM shoppers_csv AS s JOIN crm AS c
      ON lower(s."E-mail") = c.email OR digits(s."CPF/CNPJ") = c.tax OR s."Site" = c.domain
    GROUP BY ALL
)
SELECT 'crm' AS source, ref, root FROM crm
UNION ALL
SELECT 'shop', s."Código", coalesce(m.root, 'shop ' || s."Código")
FROM shoppers_csv AS s LEFT JOIN matched AS m ON m.ref = s."Código";

-- Order lines as they stood on the day.
CREATE OR REPLACE TEMP TABLE line AS
WITH every AS (
    SELECT 'crm' AS source, "Line ID" AS id, "Order number" AS order_ref, try_cast("Order date" AS DATE) AS ordered,
           "Customer ID" AS ref, "SKU" AS product, try_cast("Quantity" AS INTEGER) AS quantity,
           try_cast("Amount" AS DECIMAL(18, 2)) AS amount, "Currency" AS currency, "Serial numbers" AS serials,
           "Updated at"::TIMESTAMPTZ::DATE AS updated
    FROM orders_csv
    UNION ALL
    SELECT 'shop', "ID da linha", "Número do pedido", try_strptime("Data do pedido", '%d/%m/%Y')::DATE, "Cliente",
           "Produto", "Quantidade"::INTEGER, replace("Valor total", ',', '.')::DECIMAL(18, 2), "Moeda", NULL,
           strptime("Atualizado em", '%d/%m/%Y')::DATE
    FROM shop_csv
)
SELECT e.*, r.root FROM (SELECT DISTINCT * FROM every) AS e LEFT JOIN root AS r USING (source, ref)
WHERE ordered IS NOT NULL AND (amount IS NOT NULL OR quantity IS NOT NULL) AND updated <= today()
QUALIFY row_number() OVER (PARTITION BY source, id ORDER BY updated DESC) = 1;

-- Licences as they stood on the day; the renewals that a person made.
CREATE OR REPLACE TEMP TABLE contract_state AS
SELECT "Contract" AS id, "Subscription ID" AS unit, r.root, "Product" AS product, try_cast("Start date" AS DATE) AS starts,
       "End date"::DATE AS ends, "Auto renew" = 'yes' AS auto, "MRR"::DECIMAL(18, 2) AS mrr, "Trial" = 'yes' AS trial,
       "Cancelled on"::DATE AS cancelled, "Updated at"::TIMESTAMPTZ AS updated
FROM contracts_csv LEFT JOIN root AS r ON r.source = 'crm' AND r.ref = "Customer ID"
WHERE try_cast("Start date" AS DATE) IS NOT NULL AND coalesce("Subscription ID", "Customer ID") IS NOT NULL
  AND "Updated at"::TIMESTAMPTZ::DATE <= today();
CREATE OR REPLACE TEMP TABLE contract AS
SELECT *, coalesce(ends, cancelled, DATE '9999-12-31') AS until FROM contract_state
QUALIFY row_number() OVER (PARTITION BY id ORDER BY updated DESC) = 1;
CREATE OR REPLACE TEMP TABLE renewal AS
SELECT unit, updated::DATE AS day FROM (
    SELECT *, max(ends) OVER (PARTITION BY id ORDER BY updated ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM contract_state
) WHERE ends > before AND NOT auto;

-- Units: by licence, by serial number, by count (one row per customer and product), by portal use alone.
CREATE OR REPLACE TEMP TABLE refund AS
SELECT order_ref, product, min(ordered) AS day FROM line WHERE quantity < 0 GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE entitlement AS
SELECT unit, root, product, starts AS first, until AS last, 1 AS pieces, NULL::DATE AS given_back FROM contract
UNION ALL
SELECT unnest(string_split(l.serials, '|')), l.root, l.product, l.ordered, coalesce(f.day - 1, DATE '9999-12-31'), 1, f.day
FROM line AS l LEFT JOIN refund AS f ON f.order_ref = l.order_ref AND f.product = l.product
WHERE l.serials IS NOT NULL AND l.quantity > 0
UNION ALL
SELECT root || ' SONDA', root, 'SONDA', min(ordered), DATE '9999-12-31', sum(quantity), NULL
FROM line WHERE product = 'SONDA' GROUP BY root;
CREATE OR REPLACE TEMP TABLE used AS
SELECT unit_id AS unit, product, user_id AS actor, occurred_at::DATE AS day
FROM read_parquet('{files}/usage*.parquet')
WHERE occurred_at IS NOT NULL AND occurred_at::DATE <= today()
  AND event_id IN (SELECT event_id FROM read_parquet('{files}/usage*.parquet') GROUP BY 1 HAVING count(*) = 1);
INSERT INTO used
SELECT r.root || ' portal', "Product", NULL, "Timestamp"::TIMESTAMPTZ::DATE
FROM read_csv('{files}/portal_sessions*.csv', all_varchar=true) JOIN root AS r ON r.source = 'shop' AND r.ref = "Customer ID"
WHERE "Timestamp"::TIMESTAMPTZ::DATE <= today();
CREATE OR REPLACE TEMP TABLE logged AS
SELECT "Serial number" AS unit, "Customer ID" AS root, "Product" AS product, "Status" AS status,
       "Changed at"::TIMESTAMPTZ AS changed
FROM log_csv WHERE "Status" IN ('ordered', 'shipped', 'deployed', 'active', 'suspended', 'retired')
  AND "Changed at"::TIMESTAMPTZ::DATE <= today();

-- Signs of life of what has no telemetry.
CREATE OR REPLACE TEMP TABLE sign AS
SELECT coalesce("Unit ID", r.root || ' ' || "Product") AS unit, 'visit' AS kind, "Date"::TIMESTAMPTZ::DATE AS day
FROM read_csv('{files}/interactions*.csv', all_varchar=true) JOIN root AS r ON r.source = 'crm' AND r.ref = "Customer ID"
WHERE "Channel" = 'visit'
UNION ALL
SELECT "Unit ID", 'ticket', try_cast("Opened at" AS TIMESTAMPTZ)::DATE
FROM read_csv('{files}/tickets*.csv', all_varchar=true)
UNION ALL SELECT unit, 'renewal', day FROM renewal
UNION ALL SELECT unit, 'deployment', changed::DATE FROM logged WHERE status IN ('deployed', 'active');
CREATE OR REPLACE TEMP TABLE life AS
SELECT unit, max(0.5 ^ ((today() - day) / CASE kind WHEN 'ticket' THEN 60 WHEN 'deployment' THEN 90 ELSE 180 END)) AS strength
FROM sign WHERE day <= today() GROUP BY unit;

CREATE OR REPLACE TEMP TABLE unit_state AS
WITH known AS (
    SELECT unit, any_value(root) AS root, any_value(product) AS product, max(pieces) AS pieces FROM entitlement GROUP BY unit
    UNION ALL
    SELECT unit, replace(any_value(unit), ' portal', ''), any_value(product), 1 FROM used WHERE unit LIKE '% portal' GROUP BY unit
    UNION ALL
    SELECT unit, any_value(root), any_value(product), 1 FROM logged
    WHERE unit NOT IN (SELECT unit FROM entitlement) GROUP BY unit
), facts AS (
    SELECT k.*, k.product IN ('FK2', 'CAMPO', 'IRRIGA') AS telemetry,
        EXISTS (FROM entitlement e WHERE e.unit = k.unit AND today() BETWEEN e.first AND e.last) AS entitled,
        EXISTS (FROM entitlement e WHERE e.unit = k.unit AND e.first > today()) AS later,
        EXISTS (FROM entitlement e WHERE e.unit = k.unit AND e.given_back <= today()) AS given_back,
        EXISTS (FROM entitlement e WHERE e.unit = k.unit AND e.first <= today()) AS ever,
        (SELECT arg_max(status, changed) FROM logged l WHERE l.unit = k.unit) AS last_status,
        (SELECT max(changed)::DATE FROM logged l WHERE l.unit = k.unit) AS last_report,
        (SELECT max(day) FROM used u WHERE u.unit = k.unit) AS last_used,
        EXISTS (FROM used u WHERE u.unit = k.unit AND u.day > today() - 30 AND NOT EXISTS (
            FROM entitlement e WHERE e.unit = k.unit AND u.day BETWEEN e.first AND e.last)) AS outside,
        coalesce((SELECT strength FROM life f WHERE f.unit = k.unit), 0) AS strength
    FROM known AS k
), judged AS (
    SELECT *, CASE WHEN last_status IS NULL THEN ever OR last_used IS NOT NULL
             ELSE last_status IN ('deployed', 'active') OR coalesce(last_used > last_report, false) END AS deployed,
        CASE WHEN NOT telemetry THEN CASE WHEN strength >= 0.25 THEN 'now' ELSE 'unknown' END
             WHEN last_used IS NULL THEN 'never'
             WHEN last_used > today() - 30 THEN 'now' ELSE 'before' END AS use
    FROM facts
)
SELECT unit, root, product, pieces, CASE
    WHEN entitled AND deployed AND use = 'now' THEN 'in_use'
    WHEN NOT entitled AND outside THEN 'unlicensed_use'
    WHEN later THEN 'not_started'
    WHEN entitled AND NOT deployed THEN 'not_deployed'
    WHEN entitled AND use = 'unknown' THEN 'unverified'
    WHEN entitled AND use = 'before' THEN 'idle'
    WHEN entitled THEN 'never_activated'
    WHEN deployed AND NOT given_back THEN 'expired'
    ELSE 'retired' END AS state
FROM judged;

-- Who bought, and how long those without units have been quiet.
CREATE OR REPLACE TEMP TABLE customer AS
SELECT root FROM contract WHERE NOT trial AND mrr > 0 AND starts <= today()
UNION
SELECT root FROM line WHERE root IS NOT NULL AND ordered <= today() GROUP BY root HAVING sum(amount) > 0;
CREATE OR REPLACE TEMP TABLE quiet AS
WITH days AS (SELECT DISTINCT root, ordered FROM line WHERE quantity > 0),
gaps AS (SELECT *, ordered - lag(ordered) OVER (PARTITION BY root ORDER BY ordered) AS gap FROM days),
told AS (
    SELECT *, gap > 2 * CASE WHEN count(*) OVER before >= 3 THEN median(gap) OVER before ELSE 365 END AS back
    FROM gaps WINDOW before AS (PARTITION BY root ORDER BY ordered ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT root, today() - max(ordered) > 2 * CASE WHEN count(*) >= 3 THEN median(gap) ELSE 365 END
             AND coalesce(today() - max(ordered) FILTER (back) > 90, true) AS lapsed -- else still reactivated
FROM told GROUP BY root;
CREATE OR REPLACE TEMP TABLE place AS
WITH best AS (
    SELECT root, arg_min(state, list_position(['in_use', 'unlicensed_use', 'unverified', 'idle', 'never_activated',
        'not_deployed', 'not_started', 'expired', 'retired'], state)) AS state
    FROM unit_state GROUP BY root
)
SELECT c.root, coalesce(b.state, CASE WHEN q.lapsed THEN 'lapsed_buyer' ELSE 'buyer' END) AS place
FROM customer AS c LEFT JOIN best AS b USING (root) LEFT JOIN quiet AS q USING (root);
