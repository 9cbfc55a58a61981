with

source as (

    select * from {{ source('raw', 'proposal') }}

),

renamed as (

    select
        report_id,
        reader_version,
        previous_report_id,
        previous_reader_version,
        fault_ordinal,
        failed_checks,
        set_count,
        is_complete,
        is_unique,
        is_preferred,
        set_ordinal,
        set_size,
        is_exchange,
        cell_ordinal,
        table_key,
        row_key,
        column_key,
        year_offset,
        printed,
        value,
        proposed_value,
        second_value,
        agreement,
        weight,
        error_owner
    from source

)

select * from renamed
