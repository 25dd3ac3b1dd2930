-- Positions of file imports: one row per content, mapping, kind and source.

-- name: begin_import
-- Gives the position of a run that was stopped; a new or finished run starts at zero.
INSERT INTO import_run AS run (workspace_id, run_key, file_name, kind)
VALUES (%(workspace_id)s, %(run_key)s, %(file_name)s, %(kind)s)
ON CONFLICT (workspace_id, run_key) DO UPDATE
   SET file_name = excluded.file_name,
       position = CASE WHEN run.finished_at IS NULL THEN run.position ELSE 0 END,
       applied = CASE WHEN run.finished_at IS NULL THEN run.applied ELSE 0 END,
       duplicate = CASE WHEN run.finished_at IS NULL THEN run.duplicate ELSE 0 END,
       rejected = CASE WHEN run.finished_at IS NULL THEN run.rejected ELSE 0 END,
       started_at = CASE WHEN run.finished_at IS NULL THEN run.started_at ELSE now() END,
       updated_at = now(),
       finished_at = NULL
RETURNING position, applied, duplicate, rejected;

-- name: save_import
-- Moves the position of a run, never back, and notes whether it came to its end.
UPDATE import_run
   SET position = %(position)s,
       applied = %(applied)s,
       duplicate = %(duplicate)s,
       rejected = %(rejected)s,
       updated_at = now(),
       finished_at = CASE WHEN %(finished)s THEN now() END
 WHERE workspace_id = %(workspace_id)s
   AND run_key = %(run_key)s
   AND position <= %(position)s;
