CREATE TABLE "calcom_breakers" (
	"key_hash" text NOT NULL,
	"lane" text NOT NULL,
	"process_id" text NOT NULL,
	"state" text NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "calcom_breakers_key_hash_lane_process_id_pk" PRIMARY KEY("key_hash","lane","process_id")
);
--> statement-breakpoint
CREATE TABLE "calcom_budgets" (
	"key_hash" text PRIMARY KEY NOT NULL,
	"tokens" double precision NOT NULL,
	"limit_per_minute" integer NOT NULL,
	"refilled_at" timestamp with time zone NOT NULL,
	"blocked_until" timestamp with time zone,
	"window_left" integer,
	"window_resets_at" timestamp with time zone
);
