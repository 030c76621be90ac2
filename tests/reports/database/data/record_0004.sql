BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
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
INSERT INTO "events" VALUES(1,'8a349eb10f914a7eba72e79ca0cf0d51',0,'2026-11-29 15:14:13.826219','record_began','store','a new record','[]','{"at":"2026-11-29T15:14:13.826219Z","by":"store","detail":"a new record","kind":"record_began","subjects":[]}','0000000000000000000000000000000000000000000000000000000000000000','f9b52d55332f02c435647f99e2a1d84ced8ae264a5f29dae5c202d02216b20f6');
CREATE TABLE gauge_readings (
	position INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	value DOUBLE, 
	uncertainty DOUBLE, 
	unit TEXT NOT NULL, 
	low DOUBLE, 
	high DOUBLE, 
	reason VARCHAR(32), 
	PRIMARY KEY (position, place), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "gauge_readings" VALUES(1,0,'pressure','dial',4.25,0.04,'bar',3.0,5.0,NULL);
INSERT INTO "gauge_readings" VALUES(1,1,'id','code',NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "gauge_readings" VALUES(2,0,'pressure','dial',NULL,NULL,'bar',3.0,5.0,'glare');
INSERT INTO "gauge_readings" VALUES(2,1,'ready','lamp',0.0,0.0,'',NULL,NULL,NULL);
INSERT INTO "gauge_readings" VALUES(4,0,'pressure','dial',4.25,0.04,'bar',3.0,5.0,NULL);
INSERT INTO "gauge_readings" VALUES(4,1,'id','code',NULL,NULL,'',NULL,NULL,NULL);
INSERT INTO "gauge_readings" VALUES(5,0,'pressure','dial',NULL,NULL,'bar',3.0,5.0,'glare');
INSERT INTO "gauge_readings" VALUES(5,1,'ready','lamp',0.0,0.0,'',NULL,NULL,NULL);
CREATE TABLE inspection_pictures (
	position INTEGER NOT NULL, 
	"view" INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	encoding VARCHAR(8) NOT NULL, 
	PRIMARY KEY (position, "view"), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "inspection_pictures" VALUES(1,0,'abababababababababababababababababababababababababababababababab','png');
INSERT INTO "inspection_pictures" VALUES(4,0,'abababababababababababababababababababababababababababababababab','png');
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
	row_hash VARCHAR(64) NOT NULL, serial TEXT, lot TEXT, 
	UNIQUE (inspection_id, revision), 
	UNIQUE (plc_boot_id, trigger_seq, trigger_cycle), 
	UNIQUE (supersedes), 
	FOREIGN KEY(supersedes) REFERENCES inspections (position)
);
INSERT INTO "inspections" VALUES(1,1,NULL,'00000000000000000000000000000001',0,0,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:01.100000',3,7,'pass','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":{"alpha":0.05,"delta":0.05,"id":"0f1acca0e38c115d5716dc99145329999ee07d390412297d6bc7dd210bb8b732","misses":0,"n_defective":60},"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[{"high":5.0,"in_range":true,"kind":"dial","low":3.0,"name":"pressure","uncertainty":0.04,"unit":"bar","value":4.25,"view":"top"},{"in_range":true,"kind":"code","name":"id","text":"SN0042","uncertainty":0.0,"unit":"","value":null}],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","identity":{"lot":"L7","serial":"SN0042","source":"code"},"inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":["abababababababababababababababababababababababababababababababab"],"published":true,"recorded_at":"2026-03-02T06:00:01.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null,"unkept":""}','0000000000000000000000000000000000000000000000000000000000000000','a3ed6b08e7fe9b6c734c4cfb751143e53fcc5433aa8b967527db82c207da1e32','SN0042','L7');
INSERT INTO "inspections" VALUES(2,2,NULL,'00000000000000000000000000000002',0,0,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:02.100000',3,7,'rework','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"rework","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"划痕","view":"top"},{"box":[5,6,7,8],"length_mm":null,"score":0.5,"severity":"critical","type":"dent","view":"side"}],"gauges":[{"high":5.0,"in_range":false,"kind":"dial","low":3.0,"name":"pressure","reason":"glare","uncertainty":0.0,"unit":"bar","value":null,"view":"top"},{"in_range":false,"kind":"lamp","name":"ready","text":"off","uncertainty":0.0,"unit":"","value":0.0}],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":[],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null,"unkept":""}','a3ed6b08e7fe9b6c734c4cfb751143e53fcc5433aa8b967527db82c207da1e32','92303eaf7f7606ff590d4069ebc642d0ae957dddb3f77bf1fd80ca5ca2e9e1f2',NULL,NULL);
INSERT INTO "inspections" VALUES(3,3,NULL,'00000000000000000000000000000003',0,0,7,3,1003,'2026-03-02 06:00:03.000000','2026-03-02 06:00:03.000000',3,7,'manual_review','reflex',0,NULL,'gap',0,0,0,0,0.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"manual_review","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"scratch","view":"top"}],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1003,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":0.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":3},"explanation":"","inspection_id":"00000000000000000000000000000003","late_decision":null,"missed":"gap","outcome":null,"outcome_at":null,"pictures":[],"published":false,"recorded_at":"2026-03-02T06:00:03Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1003,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:03Z","seen_ns":0,"seq":3},"truth":null,"unkept":""}','92303eaf7f7606ff590d4069ebc642d0ae957dddb3f77bf1fd80ca5ca2e9e1f2','a5da60197df34a8999fd52a6239e09b42dfdf01f1af675d38f487d0d17026bb3',NULL,NULL);
INSERT INTO "inspections" VALUES(4,1,1,'00000000000000000000000000000001',1,NULL,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:02.100000',3,7,'pass','reflex',1,'released',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":{"alpha":0.05,"delta":0.05,"id":"0f1acca0e38c115d5716dc99145329999ee07d390412297d6bc7dd210bb8b732","misses":0,"n_defective":60},"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[{"high":5.0,"in_range":true,"kind":"dial","low":3.0,"name":"pressure","uncertainty":0.04,"unit":"bar","value":4.25,"view":"top"},{"in_range":true,"kind":"code","name":"id","text":"SN0042","uncertainty":0.0,"unit":"","value":null}],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","identity":{"lot":"L7","serial":"SN0042","source":"code"},"inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":"released","outcome_at":"2026-03-02T06:00:02.100000Z","pictures":["abababababababababababababababababababababababababababababababab"],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null,"unkept":""}','a5da60197df34a8999fd52a6239e09b42dfdf01f1af675d38f487d0d17026bb3','a3a54f0f23183cabbc70c04a347924a8eb9558c0fd1a5b5d304b5538d9a9b4d4','SN0042','L7');
INSERT INTO "inspections" VALUES(5,2,2,'00000000000000000000000000000002',1,NULL,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:03.100000',3,7,'rework','reflex',1,'diverted',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"rework","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"划痕","view":"top"},{"box":[5,6,7,8],"length_mm":null,"score":0.5,"severity":"critical","type":"dent","view":"side"}],"gauges":[{"high":5.0,"in_range":false,"kind":"dial","low":3.0,"name":"pressure","reason":"glare","uncertainty":0.0,"unit":"bar","value":null,"view":"top"},{"in_range":false,"kind":"lamp","name":"ready","text":"off","uncertainty":0.0,"unit":"","value":0.0}],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":"diverted","outcome_at":"2026-03-02T06:00:03.100000Z","pictures":[],"published":true,"recorded_at":"2026-03-02T06:00:03.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null,"unkept":""}','a3a54f0f23183cabbc70c04a347924a8eb9558c0fd1a5b5d304b5538d9a9b4d4','a1f84fba0a8f1870f66dfa0b489a97618f88e4897998899f01ea7066c0824b05',NULL,NULL);
CREATE TABLE users (
	event_id VARCHAR(32) NOT NULL, 
	"key" TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	active BOOLEAN NOT NULL, 
	password TEXT NOT NULL, 
	own_password BOOLEAN NOT NULL, 
	pin TEXT, 
	PRIMARY KEY (event_id), 
	UNIQUE ("key", revision), 
	FOREIGN KEY(event_id) REFERENCES events (event_id)
);
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
CREATE INDEX ix_inspections_serial ON inspections (serial);
CREATE INDEX ix_inspections_lot ON inspections (lot);
CREATE INDEX ix_gauge_readings_name ON gauge_readings (name, position);
CREATE TRIGGER gauge_readings_no_update BEFORE UPDATE ON gauge_readings
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: no UPDATE'); END;
CREATE TRIGGER gauge_readings_no_delete BEFORE DELETE ON gauge_readings
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: no DELETE'); END;
CREATE TRIGGER gauge_readings_no_replace BEFORE INSERT ON gauge_readings
       WHEN EXISTS (SELECT 1 FROM gauge_readings g
           WHERE g.position = NEW.position AND g.place = NEW.place)
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: the reading is on record'); END;
CREATE INDEX ix_events_by ON events ("by", kind, position);
CREATE TRIGGER users_no_update BEFORE UPDATE ON users
       BEGIN SELECT RAISE(ABORT, 'users are append-only: no UPDATE'); END;
CREATE TRIGGER users_no_delete BEFORE DELETE ON users
       BEGIN SELECT RAISE(ABORT, 'users are append-only: no DELETE'); END;
CREATE TRIGGER users_no_replace BEFORE INSERT ON users
       WHEN EXISTS (SELECT 1 FROM users u WHERE u.event_id = NEW.event_id
           OR (u.key = NEW.key AND u.revision = NEW.revision))
       BEGIN SELECT RAISE(ABORT, 'users are append-only: the row is on record'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',1);
INSERT INTO "sqlite_sequence" VALUES('inspections',5);
COMMIT;
