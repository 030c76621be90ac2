BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE events (
	position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	event_id VARCHAR(32) NOT NULL, 
	"after" INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	detail TEXT NOT NULL, 
	subjects TEXT NOT NULL, 
	record TEXT NOT NULL, 
	prev_hash VARCHAR(64) NOT NULL, 
	row_hash VARCHAR(64) NOT NULL, 
	UNIQUE (event_id)
);
INSERT INTO "events" VALUES(1,'6c48df68862d453ca0a954afac457f76',0,'2026-11-29 08:35:07.477099','record_began','store','a new record','[]','{"at":"2026-11-29T08:35:07.477099Z","by":"store","detail":"a new record","kind":"record_began","subjects":[]}','0000000000000000000000000000000000000000000000000000000000000000','308ceaa504ecfb8e8f40cb90c0386127bed2f9340c101cc342f79462484bc620');
INSERT INTO "events" VALUES(2,'721def4fe5404a9dbe72ac60a82d4301',2,'2026-03-02 06:00:00.000000','hold','Ann','','[]','{"at":"2026-03-02T06:00:00Z","by":"Ann","detail":"","kind":"hold","subjects":[]}','308ceaa504ecfb8e8f40cb90c0386127bed2f9340c101cc342f79462484bc620','230d71b23ddb159522695a9ae6269ed985a250702948a957ff801bd6c009df62');
CREATE TABLE inspection_pictures (
	position INTEGER NOT NULL, 
	"view" INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	encoding VARCHAR(8) NOT NULL, 
	PRIMARY KEY (position, "view"), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "inspection_pictures" VALUES(1,0,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','png');
INSERT INTO "inspection_pictures" VALUES(2,0,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','png');
CREATE TABLE inspections (
	position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	root INTEGER NOT NULL, 
	supersedes INTEGER, 
	inspection_id VARCHAR(32) NOT NULL, 
	revision INTEGER NOT NULL, 
	trigger_cycle INTEGER, 
	plc_boot_id INTEGER NOT NULL, 
	trigger_seq INTEGER NOT NULL, 
	part_id BIGINT NOT NULL, 
	seen_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	recipe_id INTEGER NOT NULL, 
	recipe_version INTEGER NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	decided_by VARCHAR(16) NOT NULL, 
	published BOOLEAN NOT NULL, 
	outcome VARCHAR(16), 
	missed VARCHAR(16), 
	simulated BOOLEAN NOT NULL, 
	late BOOLEAN NOT NULL, 
	false_release BOOLEAN NOT NULL, 
	truth_known BOOLEAN NOT NULL, 
	latency_ms DOUBLE NOT NULL, 
	record TEXT NOT NULL, 
	prev_hash VARCHAR(64) NOT NULL, 
	row_hash VARCHAR(64) NOT NULL, 
	UNIQUE (inspection_id, revision), 
	UNIQUE (plc_boot_id, trigger_seq, trigger_cycle), 
	UNIQUE (supersedes), 
	FOREIGN KEY(supersedes) REFERENCES inspections (position)
);
INSERT INTO "inspections" VALUES(1,1,NULL,'00000000000000000000000000000001',0,0,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:01.100000',3,7,'pass','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"published":true,"recorded_at":"2026-03-02T06:00:01.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null,"unkept":""}','0000000000000000000000000000000000000000000000000000000000000000','897f9f724b7b6596a189e6d300f5dc4dc1a15393592213fe9ac8865b3a29bf24');
INSERT INTO "inspections" VALUES(2,1,1,'00000000000000000000000000000001',1,NULL,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:02.100000',3,7,'pass','reflex',1,'released',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":"released","outcome_at":"2026-03-02T06:00:02.100000Z","pictures":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null,"unkept":""}','897f9f724b7b6596a189e6d300f5dc4dc1a15393592213fe9ac8865b3a29bf24','f9d975e6fe65e77e1b0d2f47d1843df885732cf81f17ef9f0d9c870820a9c6d9');
INSERT INTO "inspections" VALUES(3,3,NULL,'00000000000000000000000000000002',0,0,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:02.100000',3,7,'pass','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":[],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null,"unkept":""}','f9d975e6fe65e77e1b0d2f47d1843df885732cf81f17ef9f0d9c870820a9c6d9','738ee7a03da40803cf28d66eb1571679e6eb2a1ecc8d6ae524c97855d3ed6259');
CREATE INDEX ix_inspections_seen_at ON inspections (seen_at);
CREATE INDEX ix_inspections_root ON inspections (root);
CREATE INDEX ix_inspections_part_id ON inspections (part_id);
CREATE INDEX ix_inspection_pictures_sha256 ON inspection_pictures (sha256);
CREATE TRIGGER inspections_no_update BEFORE UPDATE ON inspections
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: no UPDATE'); END;
CREATE TRIGGER inspections_no_delete BEFORE DELETE ON inspections
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: no DELETE'); END;
CREATE TRIGGER inspections_at_end BEFORE INSERT ON inspections
       WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM inspections)
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: INSERT only at the end'); END;
CREATE TRIGGER inspections_in_chain BEFORE INSERT ON inspections
       WHEN NEW.prev_hash <> coalesce(
           (SELECT row_hash FROM inspections ORDER BY position DESC LIMIT 1),
           '0000000000000000000000000000000000000000000000000000000000000000')
       BEGIN SELECT RAISE(ABORT, 'inspections are chained: prev_hash is not the head'); END;
CREATE TRIGGER inspections_no_replace BEFORE INSERT ON inspections
       WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.position = NEW.position
           OR (i.inspection_id = NEW.inspection_id AND i.revision = NEW.revision)
           OR i.supersedes = NEW.supersedes
           OR (i.plc_boot_id = NEW.plc_boot_id AND i.trigger_seq = NEW.trigger_seq
               AND i.trigger_cycle = NEW.trigger_cycle))
       BEGIN SELECT RAISE(ABORT, 'inspections are append-only: the revision is on record'); END;
CREATE TRIGGER inspection_pictures_no_update BEFORE UPDATE ON inspection_pictures
       BEGIN SELECT RAISE(ABORT, 'inspection_pictures are append-only: no UPDATE'); END;
CREATE TRIGGER inspection_pictures_no_delete BEFORE DELETE ON inspection_pictures
       BEGIN SELECT RAISE(ABORT, 'inspection_pictures are append-only: no DELETE'); END;
CREATE INDEX ix_events_kind ON events (kind, position);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
       BEGIN SELECT RAISE(ABORT, 'events are append-only: no UPDATE'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
       BEGIN SELECT RAISE(ABORT, 'events are append-only: no DELETE'); END;
CREATE TRIGGER events_at_end BEFORE INSERT ON events
       WHEN NEW.position <> (SELECT coalesce(max(position), 0) + 1 FROM events)
       BEGIN SELECT RAISE(ABORT, 'events are append-only: INSERT only at the end'); END;
CREATE TRIGGER events_in_chain BEFORE INSERT ON events
       WHEN NEW.prev_hash <> coalesce(
           (SELECT row_hash FROM events ORDER BY position DESC LIMIT 1),
           '0000000000000000000000000000000000000000000000000000000000000000')
       BEGIN SELECT RAISE(ABORT, 'events are chained: prev_hash is not the head'); END;
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
       WHEN EXISTS (SELECT 1 FROM events e WHERE e.position = NEW.position OR e.event_id = NEW.event_id)
       BEGIN SELECT RAISE(ABORT, 'events are append-only: the event is on record'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',2);
INSERT INTO "sqlite_sequence" VALUES('inspections',3);
COMMIT;
