-- A warehouse from before layouts had numbers, as that version made and filled it: `raw.fetch` has no `asked_before_at`.
CREATE SCHEMA raw;
CREATE TABLE raw.batch(
    batch_id VARCHAR NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    row_counts MAP(VARCHAR, BIGINT) NOT NULL);
CREATE TABLE raw.cell(
    report_id VARCHAR NOT NULL,
    reader_version VARCHAR NOT NULL,
    table_key VARCHAR NOT NULL,
    row_key VARCHAR NOT NULL,
    column_key VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    cell_kind VARCHAR NOT NULL,
    raw_text VARCHAR,
    printed VARCHAR NOT NULL,
    "value" DECIMAL(18, 6),
    remark VARCHAR,
    place VARCHAR,
    confidence DOUBLE NOT NULL,
    row_score DOUBLE NOT NULL,
    row_margin DOUBLE NOT NULL,
    second_value VARCHAR,
    second_number DECIMAL(18, 6),
    agreement VARCHAR,
    doubt VARCHAR);
CREATE TABLE raw.claim(
    report_id VARCHAR NOT NULL,
    reader_version VARCHAR NOT NULL,
    claim_ordinal BIGINT NOT NULL,
    section_ordinal BIGINT NOT NULL,
    section_key VARCHAR NOT NULL,
    sentence_ordinal BIGINT NOT NULL,
    sentence_text VARCHAR NOT NULL,
    number_offset BIGINT NOT NULL,
    verb VARCHAR NOT NULL,
    object_key VARCHAR NOT NULL,
    qualifier VARCHAR,
    measure_kind VARCHAR NOT NULL,
    "value" DECIMAL(18, 6) NOT NULL,
    printed VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    is_approximate BOOLEAN NOT NULL,
    "scope" VARCHAR NOT NULL,
    claim_year BIGINT,
    bound_table VARCHAR,
    bound_row VARCHAR,
    bound_column VARCHAR,
    bound_reason VARCHAR);
CREATE TABLE raw."document"(
    document_id VARCHAR NOT NULL,
    reader_version VARCHAR NOT NULL,
    portal_id VARCHAR NOT NULL,
    entry_url VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    fetch_role VARCHAR NOT NULL,
    document_format VARCHAR NOT NULL,
    payload_sha256 VARCHAR NOT NULL,
    payload_bytes BIGINT NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    warc_file VARCHAR NOT NULL,
    warc_offset BIGINT NOT NULL,
    read_state VARCHAR NOT NULL,
    reason VARCHAR);
CREATE TABLE raw.entry(
    portal_id VARCHAR NOT NULL,
    entry_url VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    listed_on DATE,
    is_accepted BOOLEAN NOT NULL,
    title_rule VARCHAR NOT NULL,
    list_url VARCHAR NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL);
CREATE TABLE raw.expectation_result(
    expectation_id VARCHAR NOT NULL,
    suite VARCHAR NOT NULL,
    expectation_type VARCHAR NOT NULL,
    "target" VARCHAR NOT NULL,
    rule_id VARCHAR,
    severity VARCHAR NOT NULL,
    fault_owner VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    reason VARCHAR,
    evaluated_count BIGINT,
    unexpected_count BIGINT,
    "statement" VARCHAR NOT NULL);
CREATE TABLE raw."fetch"(
    portal_id VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    fetch_role VARCHAR NOT NULL,
    entry_url VARCHAR,
    fetch_state VARCHAR NOT NULL,
    reason VARCHAR,
    http_status BIGINT,
    tls_verification VARCHAR NOT NULL,
    payload_sha256 VARCHAR,
    payload_bytes BIGINT,
    fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
    warc_file VARCHAR NOT NULL,
    warc_offset BIGINT NOT NULL);
CREATE TABLE raw.leftover(
    report_id VARCHAR NOT NULL,
    reader_version VARCHAR NOT NULL,
    leftover_ordinal BIGINT NOT NULL,
    place VARCHAR NOT NULL,
    raw_text VARCHAR NOT NULL,
    reason VARCHAR NOT NULL);
CREATE TABLE raw.portal(
    portal_id VARCHAR NOT NULL,
    "name" VARCHAR NOT NULL,
    "family" VARCHAR NOT NULL,
    column_url VARCHAR NOT NULL,
    division_code VARCHAR NOT NULL,
    division_name VARCHAR NOT NULL,
    "level" VARCHAR NOT NULL,
    body_name VARCHAR,
    body_kind VARCHAR NOT NULL,
    is_verified BOOLEAN NOT NULL,
    notes VARCHAR,
    allows_legacy_tls BOOLEAN NOT NULL);
CREATE TABLE raw.report(
    report_id VARCHAR NOT NULL,
    reader_version VARCHAR NOT NULL,
    document_id VARCHAR NOT NULL,
    portal_id VARCHAR NOT NULL,
    entry_url VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    body_id VARCHAR NOT NULL,
    body_name VARCHAR NOT NULL,
    division_code VARCHAR,
    division_name VARCHAR,
    "level" VARCHAR,
    body_kind VARCHAR,
    report_year BIGINT,
    report_year_source VARCHAR,
    published_on DATE,
    published_on_source VARCHAR,
    "scope" VARCHAR NOT NULL,
    generation VARCHAR NOT NULL,
    stated_period_from DATE,
    stated_period_to DATE,
    notice_cited VARCHAR,
    cells_expected BIGINT NOT NULL,
    cells_located BIGINT NOT NULL,
    leftover_count BIGINT NOT NULL,
    identity_doubt VARCHAR);
CREATE TABLE raw.section(
    report_id VARCHAR NOT NULL,
    reader_version VARCHAR NOT NULL,
    section_ordinal BIGINT NOT NULL,
    section_key VARCHAR NOT NULL,
    heading VARCHAR NOT NULL,
    section_text VARCHAR NOT NULL);
CREATE TABLE raw.stage_state(
    stage VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE NOT NULL);
CREATE TABLE raw.touched_body(
    body_id VARCHAR NOT NULL,
    batch_id VARCHAR NOT NULL);
INSERT INTO raw.batch VALUES ('f2637d758b92507b468a7d5f5f0c5bf1', '2026-05-02 00:00:00+00', map {'portal': 1, 'entry': 1, 'fetch': 2, 'document': 1, 'report': 1, 'cell': 3});
INSERT INTO raw.cell VALUES ('c5721e5ed9ba0372bbcabc0e1c73b2cf', '1', 'proactive_disclosure', 'regulations', 'in_force', '2021', 'number', '24', '24', 24.000000, NULL, 'table 1, row 1, cell 1', 1.0, 3.2, 2.5, '24', 24.000000, 'agreed', NULL);
INSERT INTO raw.cell VALUES ('c5721e5ed9ba0372bbcabc0e1c73b2cf', '1', 'proactive_disclosure', 'regulations', 'issued', '2021', 'number', '1', '1', 1.000000, NULL, 'table 1, row 1, cell 1', 1.0, 3.2, 2.5, '1', 1.000000, 'agreed', NULL);
INSERT INTO raw.cell VALUES ('c5721e5ed9ba0372bbcabc0e1c73b2cf', '1', 'proactive_disclosure', 'regulations', 'repealed', '2021', 'zero', '0', '0', 0.000000, NULL, 'table 1, row 1, cell 1', 1.0, 3.2, 2.5, '0', 0.000000, 'agreed', NULL);
INSERT INTO raw.document VALUES ('2f5298ddb661c6961e1439dd131a3986', '1', 'p', 'http://127.0.0.1/p/990121-甲县人民政府-2024.html', 'http://127.0.0.1/p/990121-甲县人民政府-2024.html', 'page', 'html', '7cf63e013399af0bb279aab9cb86c93d', 1000, '2026-05-01 00:00:00+00', 'gongkai-1.warc.gz', 1000, 'read', NULL);
INSERT INTO raw.entry VALUES ('p', 'http://127.0.0.1/p/990121-甲县人民政府-2024.html', '甲县人民政府2024年政府信息公开工作年度报告', NULL, true, 'annual_report', 'http://127.0.0.1/', '2026-05-01 00:00:00+00');
INSERT INTO raw.fetch VALUES ('p', 'http://127.0.0.1/p/', 'list', NULL, 'content', NULL, 200, 'none', NULL, NULL, '2026-05-01 00:00:00+00', 'gongkai-1.warc.gz', 0);
INSERT INTO raw.fetch VALUES ('p', 'http://127.0.0.1/p/990121-甲县人民政府-2024.html', 'page', 'http://127.0.0.1/p/990121-甲县人民政府-2024.html', 'content', NULL, 200, 'none', '7cf63e013399af0bb279aab9cb86c93d', 1000, '2026-05-01 00:00:00+00', 'gongkai-1.warc.gz', 1000);
INSERT INTO raw.portal VALUES ('p', 'Portal p', 'trs', 'http://127.0.0.1/p/', '990121', 'Division 990121', 'county', '甲县人民政府', 'government', false, NULL, false);
INSERT INTO raw.report VALUES ('c5721e5ed9ba0372bbcabc0e1c73b2cf', '1', '2f5298ddb661c6961e1439dd131a3986', 'p', 'http://127.0.0.1/p/990121-甲县人民政府-2024.html', '甲县人民政府2024年政府信息公开工作年度报告', '990121:甲县人民政府', '甲县人民政府', '990121', 'Division 990121', 'county', 'government', 2024, 'title', '2025-01-20', 'meta', 'aggregate', '2021', NULL, NULL, NULL, 200, 200, 0, NULL);
INSERT INTO raw.stage_state VALUES ('transform', 'x|y|2026-05-02', '2026-05-02 00:00:00+00');
INSERT INTO raw.touched_body VALUES ('990121:甲县人民政府', 'f2637d758b92507b468a7d5f5f0c5bf1');
INSERT INTO raw.touched_body VALUES ('990121:甲县人民政府', 'f2637d758b92507b468a7d5f5f0c5bf1');
INSERT INTO raw.touched_body VALUES ('990121:甲县人民政府', 'f2637d758b92507b468a7d5f5f0c5bf1');
INSERT INTO raw.touched_body VALUES ('990121:甲县人民政府', 'f2637d758b92507b468a7d5f5f0c5bf1');
