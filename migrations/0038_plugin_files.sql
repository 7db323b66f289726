-- Files that plugins write part by part. The object itself is a row of storage_objects, PENDING until it
-- is whole; what stands here is the way there: the upload, its parts, and who may go on with it.

create table plugin_files (
  seller_id uuid not null,
  -- of its object, and of the plugin's making
  id uuid not null,
  plugin_id text not null,
  -- of S3; null before the first part
  upload_id text,
  -- whoever opened it last writes it, and nobody else
  writer uuid not null,
  keep_days integer not null,
  written_at timestamptz not null default now(),
  -- when it is let go; null before it is whole, and after
  ends_at timestamptz,
  primary key (seller_id, id),
  constraint plugin_files__object foreign key (seller_id, id)
    references storage_objects (seller_id, id) on delete cascade,
  constraint plugin_files__kept check (keep_days between 1 and 366)
);
create index plugin_files__ending on plugin_files (ends_at) where ends_at is not null;
select app_protect('plugin_files', 'select, insert, update', 'select, update (ends_at)');

create table plugin_file_parts (
  seller_id uuid not null,
  file_id uuid not null,
  part integer not null,
  -- as S3 names what it has of the part
  etag text not null,
  byte_size integer not null,
  sha256 bytea not null,
  primary key (seller_id, file_id, part),
  constraint plugin_file_parts__file foreign key (seller_id, file_id)
    references plugin_files (seller_id, id) on delete cascade,
  constraint plugin_file_parts__part check (part between 1 and 10000),
  constraint plugin_file_parts__sha256 check (length(sha256) = 32)
);
select app_protect('plugin_file_parts', 'select, insert, update, delete');

-- what is to be let go after its days
grant update (kept_at) on storage_objects to robnu_platform;
