-- One row per body of which something was loaded since the last build that completed.
-- A view, so that no test sees those of the increment before.
{{ config(materialized='view') }}

select distinct body_id
from {{ source('raw', 'touched_body') }}
