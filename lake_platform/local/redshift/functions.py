"""The functions and words that Redshift has, as far as the endpoint can stand in for them."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


AGGREGATES = words(
    """any_value avg bit_and bit_or bool_and bool_or count listagg max median min percentile_cont percentile_disc stddev
    stddev_pop stddev_samp sum var_pop var_samp variance"""
)
WINDOW_ONLY = words("cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number")
SCALAR = words(
    """abs acos add_months ascii asin atan atan2 btrim cast cbrt ceil ceiling char_length character_length charindex chr
    coalesce concat convert_timezone cos cot current_database current_schema current_setting date date_part
    date_part_year date_trunc dateadd date_add datediff date_diff decode degrees dexp dlog1 dlog10 exp extract floor
    func_sha1 getdate greatest has_schema_privilege has_table_privilege initcap is_valid_json
    json_extract_path_text last_day least left len length ln log lower lpad ltrim md5 mod months_between next_day nullif
    nvl nvl2 octet_length pg_backend_pid pg_cancel_backend pg_get_userbyid pg_last_copy_count pg_last_copy_id
    pg_last_query_id pg_table_is_visible pg_terminate_backend pi position power radians random regexp_count regexp_instr
    regexp_replace regexp_substr repeat replace replicate reverse right round rpad rtrim sha sha1 sha2 sign sin
    split_part sqrt strpos substring substr tan textlen to_char to_date to_number to_timestamp translate trim trunc
    upper version"""
)
FUNCTIONS = AGGREGATES | WINDOW_ONLY | SCALAR

TYPES = words(
    """bigint bool boolean bpchar char character date dec decimal double float float4 float8 int int2 int4 int8 integer
    nchar numeric nvarchar real smallint text time timestamp timestamptz timetz varchar varying precision interval
    """
)
BEFORE_PARENTHESIS = words(
    """all and any as between by case cube distinct else except exists from group having ilike in insert intersect into is join
    like limit matched minus not offset on or over recursive rollup select set sets some table then to top union using
    values when where with"""
)
"""Words after which a parenthesis opens something else than the arguments of a function."""

REASONS = {
    "generate_series": "generate_series() runs on Redshift's leader node only and never on tables",
    "now": "now() runs on Redshift's leader node only: use GETDATE() or SYSDATE",
    "string_agg": "Redshift has no string_agg(): use LISTAGG",
    "array_agg": "Redshift has no array_agg(): use LISTAGG",
    "gen_random_uuid": "Redshift has no gen_random_uuid()",
    "clock_timestamp": "Redshift has no clock_timestamp(): use GETDATE()",
}

RESERVED = words(
    """aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
    blanksasnull both bytedict bzip2 case cast check collate column constraint create credentials cross current_date
    current_time current_timestamp current_user current_user_id default deferrable deflate defrag delta delta32k desc
    disable distinct do else emptyasnull enable encode encrypt encryption end except explicit false for foreign freeze
    from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially inner intersect
    interval into is isnull join language leading left like limit localtime localtimestamp lun luns lzo lzop minus
    mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or order outer
    overlaps parallel partition percent permissions pivot placing primary raw readratio recover references rejectlog
    resort respect restore right select session_user similar snapshot some sysdate system table tag tdes text255 text32k
    then timestamp to top trailing true truncatecolumns union unique unnest unpivot user using verbose wallet when where
    with without"""
)
"""Words that Redshift takes as a column's name only in quotes."""

SYSTEM_RELATIONS = words(
    """pg_attrdef pg_attribute pg_class pg_constraint pg_database pg_description pg_group pg_locks pg_namespace pg_proc
    pg_table_def pg_tables pg_type pg_user pg_views stl_load_errors svv_all_columns svv_all_schemas svv_all_tables
    svv_columns svv_redshift_columns svv_redshift_schemas svv_redshift_tables svv_table_info svv_tables
    sys_load_error_detail"""
)
