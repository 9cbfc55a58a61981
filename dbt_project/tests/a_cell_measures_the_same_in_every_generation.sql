-- int_balance_terms takes what a missing cell of another year would measure from whichever generation has it.
select
    table_key,
    row_key,
    column_key
from {{ ref('format_cells') }}
group by table_key, row_key, column_key
having count(distinct measure_kind) > 1
