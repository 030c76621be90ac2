BEGIN TRANSACTION;
CREATE TABLE alarm_changes (
	position INTEGER NOT NULL, 
	alarm_id VARCHAR(32) NOT NULL, 
	code INTEGER NOT NULL, 
	priority VARCHAR(16) NOT NULL, 
	change VARCHAR(32) NOT NULL, 
	times INTEGER NOT NULL, 
	PRIMARY KEY (position), 
	FOREIGN KEY(position) REFERENCES events (position)
);
INSERT INTO "alarm_changes" VALUES(3,'af93c287aa9a46b995a55ff7233d86ad',8705,'medium','alarm_raised',1);
INSERT INTO "alarm_changes" VALUES(4,'af93c287aa9a46b995a55ff7233d86ad',8705,'medium','alarm_cleared',1);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0007');
CREATE TABLE defects (
	position INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	severity VARCHAR(16) NOT NULL, 
	"view" TEXT NOT NULL, 
	length_mm DOUBLE, 
	score DOUBLE NOT NULL, 
	PRIMARY KEY (position, place), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "defects" VALUES(3,0,'scratch','major','top',14.2,0.9);
INSERT INTO "defects" VALUES(4,0,'scratch','major','top',14.2,0.9);
INSERT INTO "defects" VALUES(5,0,'scratch','major','top',14.2,0.9);
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
INSERT INTO "events" VALUES(1,'8ac11bcd09374fefa893ef48243a7e28',0,'2026-11-29 18:26:00.659270','record_began','store','a new record','[]','{"at":"2026-11-29T18:26:00.659270Z","by":"store","detail":"a new record","kind":"record_began","subjects":[]}','0000000000000000000000000000000000000000000000000000000000000000','3d4a5ebe418b962dda128a06198fd015055552c59214e5aea511061c8b9d7dca');
INSERT INTO "events" VALUES(2,'58f9700ea1304241be72fd932aabc435',5,'2026-03-02 06:00:00.000000','hold','Ada','','[]','{"at":"2026-03-02T06:00:00Z","by":"Ada","detail":"","kind":"hold","subjects":[]}','3d4a5ebe418b962dda128a06198fd015055552c59214e5aea511061c8b9d7dca','883a40edb909a63fa1763c4e40f6d3d61f7ffe8402acadb2ff619c9c59562e26');
INSERT INTO "events" VALUES(3,'4088c1b1e3d84508b76727fcbc9a9561',5,'2026-03-02 06:00:00.000000','alarm_raised','engine','the camera is gone','["af93c287aa9a46b995a55ff7233d86ad","0x2201","1"]','{"at":"2026-03-02T06:00:00Z","by":"engine","detail":"the camera is gone","kind":"alarm_raised","subjects":["af93c287aa9a46b995a55ff7233d86ad","0x2201","1"]}','883a40edb909a63fa1763c4e40f6d3d61f7ffe8402acadb2ff619c9c59562e26','837710d369fcc19fbe31f6b44f1adaea431dd4242eff32c6d25d61a98b9ec080');
INSERT INTO "events" VALUES(4,'64833ab1b4b9495998fb9cd1055c2e73',5,'2026-03-02 06:00:01.000000','alarm_cleared','engine','the camera is gone','["af93c287aa9a46b995a55ff7233d86ad","0x2201","1"]','{"at":"2026-03-02T06:00:01Z","by":"engine","detail":"the camera is gone","kind":"alarm_cleared","subjects":["af93c287aa9a46b995a55ff7233d86ad","0x2201","1"]}','837710d369fcc19fbe31f6b44f1adaea431dd4242eff32c6d25d61a98b9ec080','4be2b85fe6e3aee689b845936ee69747975830f0fd0b986e27ba282348e698a8');
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
	reason VARCHAR(32), text TEXT DEFAULT '' NOT NULL, in_range BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (position, place), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "gauge_readings" VALUES(1,0,'pressure','dial',4.25,0.04,'bar',3.0,5.0,NULL,'',1);
INSERT INTO "gauge_readings" VALUES(2,0,'pressure','dial',4.25,0.04,'bar',3.0,5.0,NULL,'',1);
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
INSERT INTO "inspection_pictures" VALUES(3,0,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','png');
INSERT INTO "inspection_pictures" VALUES(4,0,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','png');
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
	row_hash VARCHAR(64) NOT NULL, serial TEXT, lot TEXT, challenge TEXT, 
	UNIQUE (inspection_id, revision), 
	UNIQUE (plc_boot_id, trigger_seq, trigger_cycle), 
	UNIQUE (supersedes), 
	FOREIGN KEY(supersedes) REFERENCES inspections (position)
);
INSERT INTO "inspections" VALUES(1,1,NULL,'00000000000000000000000000000001',0,0,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:01.100000',3,7,'pass','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[{"high":5.0,"in_range":true,"kind":"dial","low":3.0,"name":"pressure","uncertainty":0.04,"unit":"bar","value":4.25,"view":"top"}],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","identity":{"lot":"","serial":"SN0001","source":"code"},"inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"published":true,"recorded_at":"2026-03-02T06:00:01.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null,"unkept":""}','0000000000000000000000000000000000000000000000000000000000000000','4f5797f7ea9b1d30fb7dd9d6c8ec2abd04a23640e1b05afbb89c8bf252004438','SN0001',NULL,NULL);
INSERT INTO "inspections" VALUES(2,1,1,'00000000000000000000000000000001',1,NULL,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:02.100000',3,7,'pass','reflex',1,'released',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[{"high":5.0,"in_range":true,"kind":"dial","low":3.0,"name":"pressure","uncertainty":0.04,"unit":"bar","value":4.25,"view":"top"}],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","identity":{"lot":"","serial":"SN0001","source":"code"},"inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":"released","outcome_at":"2026-03-02T06:00:02.100000Z","pictures":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null,"unkept":""}','4f5797f7ea9b1d30fb7dd9d6c8ec2abd04a23640e1b05afbb89c8bf252004438','2c76734513bebbc7e5ddb4c5b16762d35c1febde0f5bea92cb63e96fe657a574','SN0001',NULL,NULL);
INSERT INTO "inspections" VALUES(3,3,NULL,'00000000000000000000000000000002',0,0,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:02.100000',3,7,'manual_review','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"manual_review","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"scratch","view":"top"}],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null,"unkept":""}','2c76734513bebbc7e5ddb4c5b16762d35c1febde0f5bea92cb63e96fe657a574','a6614ddb320e9536559779cad387fb0f67a8d9acd35c1205e9677827cf7a5aac',NULL,NULL,NULL);
INSERT INTO "inspections" VALUES(4,3,3,'00000000000000000000000000000002',1,NULL,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:03.100000',3,7,'manual_review','reflex',1,'held',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"manual_review","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"scratch","view":"top"}],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":"held","outcome_at":"2026-03-02T06:00:03.100000Z","pictures":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"published":true,"recorded_at":"2026-03-02T06:00:03.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null,"unkept":""}','a6614ddb320e9536559779cad387fb0f67a8d9acd35c1205e9677827cf7a5aac','6f025c293c8a7fe3a6a904df606108cd5101f40bb2e23611088211b7ee149435',NULL,NULL,NULL);
INSERT INTO "inspections" VALUES(5,5,NULL,'00000000000000000000000000000003',0,0,7,3,1003,'2026-03-02 06:00:03.000000','2026-03-02 06:00:03.100000',3,7,'manual_review','reflex',0,NULL,'gap',0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"manual_review","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"scratch","view":"top"}],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1003,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":3},"explanation":"","inspection_id":"00000000000000000000000000000003","late_decision":null,"missed":"gap","outcome":null,"outcome_at":null,"pictures":[],"published":false,"recorded_at":"2026-03-02T06:00:03.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1003,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:03Z","seen_ns":0,"seq":3},"truth":null,"unkept":""}','6f025c293c8a7fe3a6a904df606108cd5101f40bb2e23611088211b7ee149435','1eaed92399df55638dd8b1e3ce68008753dad1fe867f0cf29c039173d80220cc',NULL,NULL,NULL);
CREATE TABLE looks (
	position INTEGER NOT NULL, 
	judged_by VARCHAR(32) NOT NULL, 
	pictures INTEGER NOT NULL, 
	looked_at BOOLEAN NOT NULL, 
	PRIMARY KEY (position), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "looks" VALUES(1,'f5f1bcaaf63f961550d325ed9f6c65b5',1,1);
INSERT INTO "looks" VALUES(2,'f5f1bcaaf63f961550d325ed9f6c65b5',1,1);
INSERT INTO "looks" VALUES(3,'f5f1bcaaf63f961550d325ed9f6c65b5',1,1);
INSERT INTO "looks" VALUES(4,'f5f1bcaaf63f961550d325ed9f6c65b5',1,1);
INSERT INTO "looks" VALUES(5,'f5f1bcaaf63f961550d325ed9f6c65b5',0,1);
CREATE TABLE shifts (
	event_id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	day DATE NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME NOT NULL, 
	zone TEXT NOT NULL, 
	report_sha256 VARCHAR(64) NOT NULL, 
	parts_position BIGINT NOT NULL, 
	parts_head VARCHAR(64) NOT NULL, 
	first_position BIGINT NOT NULL, 
	last_position BIGINT NOT NULL, 
	events_position BIGINT NOT NULL, 
	events_head VARCHAR(64) NOT NULL, 
	report TEXT NOT NULL, 
	PRIMARY KEY (event_id), 
	UNIQUE (day, name), 
	FOREIGN KEY(event_id) REFERENCES events (event_id)
);
CREATE TABLE signatures (
	event_id VARCHAR(32) NOT NULL, 
	shift VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	meaning VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	report_sha256 VARCHAR(64) NOT NULL, 
	reason TEXT NOT NULL, 
	parts_position BIGINT NOT NULL, 
	PRIMARY KEY (event_id), 
	UNIQUE (shift, "key", meaning), 
	FOREIGN KEY(event_id) REFERENCES events (event_id), 
	FOREIGN KEY(shift) REFERENCES shifts (event_id)
);
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
CREATE INDEX ix_alarm_changes_alarm_id ON alarm_changes (alarm_id, position);
CREATE INDEX ix_alarm_changes_code ON alarm_changes (code, position);
CREATE TRIGGER alarm_changes_no_update BEFORE UPDATE ON alarm_changes
       BEGIN SELECT RAISE(ABORT, 'alarm_changes are append-only: no UPDATE'); END;
CREATE TRIGGER alarm_changes_no_delete BEFORE DELETE ON alarm_changes
       BEGIN SELECT RAISE(ABORT, 'alarm_changes are append-only: no DELETE'); END;
CREATE TRIGGER alarm_changes_no_replace BEFORE INSERT ON alarm_changes
       WHEN EXISTS (SELECT 1 FROM alarm_changes a WHERE a.position = NEW.position)
       BEGIN SELECT RAISE(ABORT, 'alarm_changes are append-only: the row is on record'); END;
CREATE VIEW alarms AS
SELECT found.id, found.code, found.priority, found.times, raised.at AS raised, seen.at AS acknowledged,
       seen.by AS acknowledged_by, cleared.at AS cleared
FROM (
    SELECT alarm_id AS id, MIN(code) AS code, MIN(priority) AS priority, MAX(times) AS times,
           MIN(position) AS first,
           MAX(CASE WHEN change = 'alarm_raised' THEN position END) AS last,
           MAX(CASE WHEN change = 'alarm_acknowledged' THEN position END) AS seen,
           MAX(CASE WHEN change = 'alarm_cleared' THEN position END) AS cleared
    FROM alarm_changes GROUP BY alarm_id
) AS found
JOIN events AS raised ON raised.position = found.first
LEFT JOIN events AS seen ON seen.position = found.seen
LEFT JOIN events AS cleared ON cleared.position = found.cleared AND found.cleared > found.last;
CREATE INDEX ix_shifts_started_at ON shifts (started_at);
CREATE TRIGGER shifts_no_update BEFORE UPDATE ON shifts BEGIN SELECT RAISE(ABORT, 'shifts are append-only: no UPDATE'); END;
CREATE TRIGGER shifts_no_delete BEFORE DELETE ON shifts BEGIN SELECT RAISE(ABORT, 'shifts are append-only: no DELETE'); END;
CREATE TRIGGER shifts_no_replace BEFORE INSERT ON shifts WHEN EXISTS (SELECT 1 FROM shifts s WHERE s.event_id = NEW.event_id OR (s.day = NEW.day AND s.name = NEW.name)) BEGIN SELECT RAISE(ABORT, 'shifts are append-only: the row is on record'); END;
CREATE TRIGGER signatures_no_update BEFORE UPDATE ON signatures BEGIN SELECT RAISE(ABORT, 'signatures are append-only: no UPDATE'); END;
CREATE TRIGGER signatures_no_delete BEFORE DELETE ON signatures BEGIN SELECT RAISE(ABORT, 'signatures are append-only: no DELETE'); END;
CREATE TRIGGER signatures_no_replace BEFORE INSERT ON signatures WHEN EXISTS (SELECT 1 FROM signatures s WHERE s.event_id = NEW.event_id OR (s.shift = NEW.shift AND s.key = NEW.key AND s.meaning = NEW.meaning)) BEGIN SELECT RAISE(ABORT, 'signatures are append-only: the row is on record'); END;
CREATE INDEX ix_inspections_shift ON inspections (seen_at, root, position, inspection_id, revision, part_id, trigger_seq, recipe_id, recipe_version, action, decided_by, outcome, missed, published, simulated, late, truth_known, false_release, challenge);
CREATE INDEX ix_inspections_first ON inspections (root, position, action, late, latency_ms);
CREATE INDEX ix_defects_type ON defects (type, position);
CREATE TRIGGER gauge_readings_no_update BEFORE UPDATE ON gauge_readings
       BEGIN SELECT RAISE(ABORT, 'gauge_readings are append-only: no UPDATE'); END;
CREATE TRIGGER defects_no_update BEFORE UPDATE ON defects
       BEGIN SELECT RAISE(ABORT, 'defects are append-only: no UPDATE'); END;
CREATE TRIGGER defects_no_delete BEFORE DELETE ON defects
       BEGIN SELECT RAISE(ABORT, 'defects are append-only: no DELETE'); END;
CREATE TRIGGER defects_no_replace BEFORE INSERT ON defects
       WHEN EXISTS (SELECT 1 FROM defects t WHERE t.position = NEW.position AND t.place = NEW.place)
       BEGIN SELECT RAISE(ABORT, 'defects are append-only: the row is on record'); END;
CREATE TRIGGER looks_no_update BEFORE UPDATE ON looks
       BEGIN SELECT RAISE(ABORT, 'looks are append-only: no UPDATE'); END;
CREATE TRIGGER looks_no_delete BEFORE DELETE ON looks
       BEGIN SELECT RAISE(ABORT, 'looks are append-only: no DELETE'); END;
CREATE TRIGGER looks_no_replace BEFORE INSERT ON looks
       WHEN EXISTS (SELECT 1 FROM looks t WHERE t.position = NEW.position)
       BEGIN SELECT RAISE(ABORT, 'looks are append-only: the row is on record'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',4);
INSERT INTO "sqlite_sequence" VALUES('inspections',5);
COMMIT;
