-- Online Retail straight from its two files, without Pomar. They overlap: a row in both happened once, one that
-- stands twice in a file happened twice.
CREATE OR REPLACE TEMP TABLE sale AS
WITH older AS (FROM read_parquet('{folder}/online_retail_II_2009_2010.parquet')),
     newer AS (FROM read_parquet('{folder}/online_retail_2010_2011.parquet')),
     happened AS (FROM older UNION ALL (FROM newer EXCEPT ALL FROM older))
SELECT CustomerID AS customer, InvoiceDate::DATE AS day, Quantity AS pieces,
       (Quantity * UnitPrice::DECIMAL(18, 6))::DECIMAL(18, 4) AS amount
FROM happened;
CREATE OR REPLACE MACRO customers(t) AS TABLE
SELECT customer FROM sale WHERE customer IS NOT NULL AND day <= t GROUP BY 1 HAVING sum(amount) > 0;
CREATE OR REPLACE VIEW net_revenue AS
SELECT date_trunc('month', day)::DATE AS month, sum(amount) AS revenue FROM sale GROUP BY 1;
CREATE OR REPLACE VIEW active_customers AS
SELECT date_trunc('month', day)::DATE AS month, count(DISTINCT customer) AS customers
FROM sale WHERE pieces > 0 AND customer IS NOT NULL GROUP BY 1;
