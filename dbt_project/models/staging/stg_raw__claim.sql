with

source as (

    select * from {{ source('raw', 'claim') }}

),

renamed as (

    select
        report_id,
        reader_version,
        claim_ordinal,
        section_ordinal,
        section_key,
        sentence_ordinal,
        sentence_text,
        number_offset,
        verb,
        object_key,
        qualifier,
        measure_kind,
        value,
        printed,
        unit,
        is_approximate,
        scope,
        claim_year,
        bound_table,
        bound_row,
        bound_column,
        bound_reason
    from source

)

select * from renamed
