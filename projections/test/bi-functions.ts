/**
 * What a login of a BI tool can execute besides functions of PostgreSQL that change nothing (stable and immutable ones), each
 * judged. A newer PostgreSQL that brings more makes the test name it: judge it, then put it here or among what is taken away.
 */
const judged = {
  chance: 'array_sample array_shuffle gen_random_uuid random random_normal setseed',
  clocks: 'clock_timestamp timeofday',
  'ends or cancels sessions of the same login, as Superset does': 'pg_cancel_backend pg_terminate_backend',
  'sets what SET sets': 'set_config',
  'runs a query with the rights of the login':
    'cursor_to_xml cursor_to_xmlschema query_to_xml query_to_xml_and_xmlschema query_to_xmlschema ts_rewrite ts_stat',
  'wants rights on the sequence or the index that it names':
    'brin_desummarize_range brin_summarize_new_values brin_summarize_range currtid2 currval gin_clean_pending_list lastval nextval pg_sequence_last_value setval',
  'refuses whoever is no superuser': 'pg_import_system_collations pg_nextoid pg_stop_making_pinned_objects',
  'refuses outside of an upgrade or of create extension':
    'binary_upgrade_add_sub_rel_state binary_upgrade_create_empty_extension binary_upgrade_logical_slot_has_caught_up binary_upgrade_replorigin_advance binary_upgrade_set_missing_value binary_upgrade_set_next_array_pg_type_oid binary_upgrade_set_next_heap_pg_class_oid binary_upgrade_set_next_heap_relfilenode binary_upgrade_set_next_index_pg_class_oid binary_upgrade_set_next_index_relfilenode binary_upgrade_set_next_multirange_array_pg_type_oid binary_upgrade_set_next_multirange_pg_type_oid binary_upgrade_set_next_pg_authid_oid binary_upgrade_set_next_pg_enum_oid binary_upgrade_set_next_pg_tablespace_oid binary_upgrade_set_next_pg_type_oid binary_upgrade_set_next_toast_pg_class_oid binary_upgrade_set_next_toast_relfilenode binary_upgrade_set_record_init_privs pg_extension_config_dump',
  'checks the definition of a catalog entry': 'amvalidate plpgsql_validator pg_partition_ancestors pg_partition_tree',
  sizes: 'pg_database_size pg_indexes_size pg_relation_size pg_table_size pg_tablespace_size pg_total_relation_size',
  'tells of the server':
    'current_query pg_available_wal_summaries pg_blocking_pids pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version pg_get_multixact_members pg_get_wait_events pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status pg_notification_queue_usage pg_prepared_xact pg_safe_snapshot_blocking_pids pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status txid_status',
  'statistics, the numbers of the own session among them':
    'pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_get_io pg_stat_get_recovery_prefetch pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated',
  'the columns of information_schema':
    'information_schema._pg_char_max_length information_schema._pg_char_octet_length information_schema._pg_datetime_precision information_schema._pg_expandarray information_schema._pg_index_position information_schema._pg_interval_type information_schema._pg_numeric_precision information_schema._pg_numeric_precision_radix information_schema._pg_numeric_scale information_schema._pg_truetypid information_schema._pg_truetypmod',
}

export const FUNCTIONS_OF_A_READER: ReadonlySet<string> = new Set(
  Object.values(judged).flatMap((names) => names.split(' ')),
)
