-- What Debezium reads: the insertions into the table of events, under its own name.
--
-- Run once, by the owner of the tables; PostgreSQL needs wal_level = logical.
--
-- insert alone: numbering an event is an update, and its end of term a deletion or a dropped month.
-- Neither is news.  publish_via_partition_root: each month is a partition, and a receiver needs one
-- name for all of them.
CREATE PUBLICATION gpd_events FOR TABLE event
    WITH (publish = 'insert', publish_via_partition_root = true);
