"""Statements of the kinds that the platform runs: all must be taken."""

_TEXT = r"""
with x(a) as (select 1) select * from x
merge into t using s on t.a=s.a when matched then update set b=s.b when not matched then insert (a, b) values (s.a, s.b)
merge into t using s on t.a=s.a when matched then delete when not matched then insert values (s.a, s.b)
lock t
lock table a.b, c
set query_group to 'abc'
copy s.t (a,b) from 's3://b/k' iam_role 'x' manifest format as parquet
begin transaction
begin isolation level serializable read write
insert into s.t (a,b) values ($1,$2), ($3::bigint, null)
insert into t select a, row_number() over (partition by b order by c desc, d) from s where $1 = a limit 10
insert into t (a) (select 1)
insert into t default values
delete from t using s where t.a = s.a
delete from t
delete t where a = 1
update t set a = s.a, b = null from s where t.b = s.b and not exists (select 1 from u where u.a = t.a)
select sum(case when head = 1 or op = 'D' then 1 else 0 end) over (partition by k order by e rows unbounded preceding) from t
select max(a) over (partition by k order by e rows between unbounded preceding and 1 preceding) from t
select lead(a, 1) over (partition by k order by e), count(*) over (partition by k), count(*) over () from t
select first_value(a) over (partition by k order by e rows between unbounded preceding and unbounded following) from t
select md5(a || coalesce(b, '')), to_char(a, 'YYYY-MM-DD HH24:MI:SS.US'), length(cast(a as varchar(20))) from t
select cast('2024-01-01' as timestamp), timestamp '2024-01-01', date '2024-01-01', interval '1 day', '1'::decimal(18,2), x::double precision from t
select * from a left join b on a.x = b.x join c using (y) cross join d full outer join e on true
select a, count(distinct b) from t group by a having count(*) > 1 order by 1 desc nulls last limit 5 offset 2
select a from t union all (select b from s except select c from u) order by 1
select a from t minus select b from s
select 1 where 1 in (1,2) and (1,2) in (select a,b from t) and a between 1 and 2 and b like 'a%' escape '\\\\' and c is not null and d ~ 'x' and e not ilike 'z'
select * from (select 1 as a) t, s
select extract(year from a), date_part(year, a), date_trunc('month', a), dateadd(month, 1, a), datediff(day, a, b), getdate(), sysdate, current_date from t
select pg_last_copy_count(), pg_last_copy_id(), pg_last_query_id(), pg_backend_pid(), version(), current_user, current_database()
select "table", tbl_rows from svv_table_info where "schema" = 'x'
select listagg(a, ',') within group (order by b), median(x), percentile_cont(0.5) within group (order by x), approximate count(distinct y) from t
select trim(both ' ' from a), substring(a from 1 for 2), position('a' in b), overlay from t
select case a when 1 then 'x' else 'y' end, nullif(a, ''), greatest(a, b), nvl2(a, b, c) from t
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) select * from n
select decode(a, 1, 'x', 'y') from t
select true, false, null, a is true, b is not false from t
select a from t group by rollup (a), cube(b)
select a from t group by grouping sets ((a), (b))
select any_value(a), bool_or(b) from t
select count(*) from information_schema.tables
select nspname from pg_namespace
select a into temp b from t
select round(a::numeric(18,2), 2), a/b from dev.public.t
create view v as select a from t with no schema binding
create or replace view a.v (x) as select a from t
create temp table x (like t)
create table x (a int identity(1,1), b timestamp default sysdate, c int default 1 not null, d varchar(max) collate case_sensitive, e text references y(z), unique (b), foreign key (a) references y (z))
create temporary table x as with y as (select 1 as a) select * from y
create local temp table x as select 1 as a
create table x backup no diststyle all sortkey auto as select 1 as a
create table x (a, b) as select 1, 2
create schema if not exists analytics
drop table if exists a.b, c cascade
drop schema x
alter table t add column a varchar(10) encode lzo
alter table t add a int default 3 not null
alter table t drop column a cascade
alter table t rename to u
alter table t rename column a to b
alter table t alter column a type varchar(40)
alter table t alter sortkey (a)
alter table t alter diststyle all
truncate table a.b
analyze a.b
analyze a (b, c)
analyze
vacuum
vacuum full a.b to 99 percent boost
vacuum delete only a
commit
end transaction
rollback work
abort
show query_group
show search_path
reset query_group
set search_path to a, public
set statement_timeout = 1000
explain select 1
explain verbose delete from t
select a from t where b = (select max(b) from t) and c > any (select 1) and d <> all (select 2)
select distinct a from t
select top_customer from t
select row_number() over (order by a) rn from t
select t.* from t where t.valid_from <= $1 and ($2 is null or t.valid_to > $2)
select count(*) as n, sum(amount) as "Sum" from "Analytics"."Dim" as d
select cast(null as varchar(10)) as a, cast(null as bigint)
select case when a is null then '' else 'x=' || cast(length(a) as varchar(10)) || ':' || a || ';' end as h from t
select to_date('2024','YYYY'), current_timestamp, a at time zone 'utc' from t
select split_part(a, ',', 1), regexp_replace(a, 'x', 'y'), upper(a), replace(a, 'b', 'c'), left(a, 1), sha2(a, 256) from t
select a::varchar(10), (a)::bigint, -a, +a, a % 2, a ^ 2, a & 1, a | 2, ~a, a << 1 from t
select column_name, data_type from svv_all_columns where database_name = current_database() and schema_name = $1
"""
ADMITTED = tuple(line for line in _TEXT.splitlines() if line)
