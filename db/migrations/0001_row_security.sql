-- Overlap is decided in one place (design.md 5). Rows of one owner never conflict with each other, so
-- that an appointment may be moved by less than its own length; a recorded conflict blocks nobody.
CREATE EXTENSION IF NOT EXISTS btree_gist;
--> statement-breakpoint
ALTER TABLE busy_intervals ADD CONSTRAINT busy_intervals_no_overlap
  EXCLUDE USING gist (company_id WITH =, staff_id WITH =, owner_id WITH <>, during WITH &&)
  WHERE (NOT conflict) DEFERRABLE INITIALLY IMMEDIATE;
--> statement-breakpoint
-- The tenant of the current transaction. Unset and empty both mean: none, and so nothing is seen.
CREATE FUNCTION app_company() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.company_id', true), '')::uuid $$;
--> statement-breakpoint
-- Set by db/system.ts alone, for work that has no tenant yet: whose token is this, whose event type,
-- which rows wait for the relay.
CREATE FUNCTION app_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(current_setting('app.scope', true), '') = 'system' $$;
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY[
    'companies', 'tenant_secrets', 'api_tokens', 'branches', 'staff', 'staff_branches', 'services',
    'service_phases', 'event_types', 'event_type_owners', 'policies', 'customers', 'appointments',
    'appointment_phases', 'busy_intervals', 'commands', 'timeline', 'remote_operations', 'calcom_uids',
    'webhook_events', 'drifts', 'reconciliations', 'alerts'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format(
      'CREATE POLICY tenant ON %I USING (%s = app_company()) WITH CHECK (%s = app_company())',
      t, CASE t WHEN 'companies' THEN 'id' ELSE 'company_id' END,
      CASE t WHEN 'companies' THEN 'id' ELSE 'company_id' END);
  END LOOP;
  -- The few tables that work without a tenant reads. `webhook_events` is also written there: an event
  -- may have no tenant at all.
  FOREACH t IN ARRAY ARRAY['companies', 'api_tokens', 'tenant_secrets', 'event_type_owners', 'calcom_uids'] LOOP
    EXECUTE format('CREATE POLICY system_read ON %I FOR SELECT USING (app_is_system())', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['commands', 'webhook_events', 'alerts'] LOOP
    EXECUTE format('CREATE POLICY system ON %I USING (app_is_system()) WITH CHECK (app_is_system())', t);
  END LOOP;
END $$;
--> statement-breakpoint
-- A booking's command is written before its appointment: the key decides first who may go on.
ALTER TABLE commands ALTER CONSTRAINT commands_appointment_id_appointments_id_fk DEFERRABLE INITIALLY DEFERRED;
