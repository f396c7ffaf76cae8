/**
 * SQL of the earliest due day of an invoice that is not met yet: what is settled lies on the first instalments, which are not
 * the earliest where a nearer day was agreed. Multiplied out, so that no rounding decides.
 * @param invoice alias of a row with `instalments`, `total_minor`, `open_minor` and `due_on`
 */
export const unmetDueSql = (invoice: string): string => `coalesce((
  select min(part.due_on) from (
    select (entry ->> 'dueOn')::date as due_on, sum((entry ->> 'amount')::numeric) over (order by place) as covered,
      sum((entry ->> 'amount')::numeric) over () as whole
    from jsonb_array_elements(${invoice}.instalments) with ordinality as instalment (entry, place)
  ) part
  where part.covered * ${invoice}.total_minor > (${invoice}.total_minor - ${invoice}.open_minor) * part.whole
), ${invoice}.due_on)`
