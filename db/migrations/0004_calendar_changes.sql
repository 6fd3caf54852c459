-- Slots of Cal.com are kept in process (activities/availability). Whatever changes what stands in a calendar says so
-- itself, with the COMMIT, so that no writer can forget it and none pays a round trip. A hold changes nothing in
-- Cal.com; one that a command let go of does: Cal.com has refused it or given it back.
CREATE FUNCTION notify_calendar_interval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM pg_notify('calendar_changed', json_build_object('companyId', OLD.company_id, 'staffId', OLD.staff_id,
      'start', lower(OLD.during), 'end', upper(OLD.during))::text);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM pg_notify('calendar_changed', json_build_object('companyId', NEW.company_id, 'staffId', NEW.staff_id,
      'start', lower(NEW.during), 'end', upper(NEW.during))::text);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER busy_intervals_inserted AFTER INSERT ON busy_intervals
  FOR EACH ROW WHEN (NEW.kind = 'busy') EXECUTE FUNCTION notify_calendar_interval();
--> statement-breakpoint
CREATE TRIGGER busy_intervals_updated AFTER UPDATE ON busy_intervals
  FOR EACH ROW WHEN (
    (OLD.kind = 'busy' OR NEW.kind = 'busy') AND
    (OLD.kind, OLD.staff_id, OLD.during) IS DISTINCT FROM (NEW.kind, NEW.staff_id, NEW.during)
  ) EXECUTE FUNCTION notify_calendar_interval();
--> statement-breakpoint
CREATE TRIGGER busy_intervals_deleted AFTER DELETE ON busy_intervals
  FOR EACH ROW WHEN (OLD.kind = 'busy' OR OLD.command_id IS NOT NULL) EXECUTE FUNCTION notify_calendar_interval();
--> statement-breakpoint
-- What a person does in Cal.com is known when its webhook is durable, before it is applied. The host is Cal.com's.
CREATE FUNCTION notify_calendar_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('calendar_changed', json_build_object('companyId', NEW.company_id,
    'hostId', NEW.event->'organizerId', 'eventTypeId', NEW.event->'eventTypeId',
    'start', NEW.event->>'start', 'end', NEW.event->>'end')::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER webhook_events_inserted AFTER INSERT ON webhook_events
  FOR EACH ROW WHEN (
    NEW.company_id IS NOT NULL AND NEW.event->>'start' IS NOT NULL AND
    NEW.event->>'kind' IN ('created', 'requested', 'rescheduled', 'cancelled', 'rejected', 'reassigned')
  ) EXECUTE FUNCTION notify_calendar_event();
