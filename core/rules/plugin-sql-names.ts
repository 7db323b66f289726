/** The names that a plugin's SQL may use: tables of the core for reading, functions that only compute. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/**
 * The ledger and what it stands on; row security leaves of it the rows of the seller. People, sessions,
 * keys, the audit trail and the machinery of queues are not for plugins.
 */
export const readableTables: ReadonlySet<string> = words(`
  orders order_items order_events
  shipments shipment_items shipment_events manifests
  order_returns order_return_items order_return_events return_awbs
  marketplace_payouts payout_line_items
  order_documents order_invoices storage_objects
  catalog_products catalog_listings listing_aliases warehouses inventory_levels
  marketplace_accounts marketplaces
`)

/**
 * They compute from what they are given. What sleeps, locks, sets, sends, reads settings or files, or
 * runs a text as SQL is not among them.
 */
export const functions: ReadonlySet<string> = words(`
  count sum avg min max bool_and bool_or every array_agg string_agg json_agg jsonb_agg json_object_agg
  jsonb_object_agg bit_and bit_or bit_xor any_value stddev stddev_pop stddev_samp variance var_pop var_samp
  corr covar_pop covar_samp mode percentile_cont percentile_disc grouping range_agg
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  coalesce nullif greatest least cast
  abs ceil ceiling floor round trunc mod div power sqrt exp ln log log10 sign width_bucket random
  gcd lcm degrees radians pi
  length char_length character_length octet_length bit_length lower upper initcap trim btrim ltrim rtrim
  substring substr position strpos overlay replace translate repeat reverse left right lpad rpad concat
  concat_ws format split_part starts_with string_to_array string_to_table array_to_string regexp_replace
  regexp_match regexp_matches regexp_split_to_array regexp_split_to_table regexp_count regexp_instr
  regexp_like regexp_substr ascii chr quote_ident quote_literal quote_nullable normalize to_hex unaccent
  md5 sha224 sha256 sha384 sha512 encode decode convert_from convert_to get_byte get_bit
  now clock_timestamp statement_timestamp transaction_timestamp timeofday age date_part date_trunc date_bin
  extract make_date make_time make_timestamp make_timestamptz make_interval justify_days justify_hours
  justify_interval isfinite to_char to_date to_timestamp to_number timezone date
  generate_series generate_subscripts unnest
  array_append array_cat array_length array_lower array_upper array_ndims array_position array_positions
  array_prepend array_remove array_replace array_fill array_dims array_reverse array_sort cardinality trim_array
  to_json to_jsonb row_to_json array_to_json json_build_object jsonb_build_object json_build_array
  jsonb_build_array json_object jsonb_object json_array_length jsonb_array_length json_each jsonb_each
  json_each_text jsonb_each_text json_array_elements jsonb_array_elements json_array_elements_text
  jsonb_array_elements_text json_object_keys jsonb_object_keys json_extract_path jsonb_extract_path
  json_extract_path_text jsonb_extract_path_text json_populate_record jsonb_populate_record
  json_populate_recordset jsonb_populate_recordset json_to_record jsonb_to_record json_to_recordset
  jsonb_to_recordset json_strip_nulls jsonb_strip_nulls json_typeof jsonb_typeof jsonb_set jsonb_set_lax
  jsonb_insert jsonb_pretty jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
  jsonb_path_query_first json_value json_query json_exists json_table json_scalar json_serialize
  gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp
  to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline
  setweight similarity word_similarity
  int4range int8range numrange tsrange tstzrange daterange lower_inc upper_inc lower_inf upper_inf isempty
  range_merge pg_typeof num_nulls num_nonnulls
`)

/** Keywords and types that stand before a bracket and call nothing. */
export const noFunctions: ReadonlySet<string> = words(`
  select distinct all from where having by group on using join in any some exists not and or as is like ilike
  similar to between escape case when then else union intersect except values with recursive materialized
  lateral only limit offset fetch first next returning set conflict default row rows array over filter within
  partition order range groups sets rollup cube tablesample update delete insert into of nulls
  numeric decimal dec varchar char character varying bit time timestamp interval float precision bpchar
`)
