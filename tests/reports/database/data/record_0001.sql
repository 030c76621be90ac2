BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE inspection_pictures (
	position INTEGER NOT NULL, 
	"view" INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	encoding VARCHAR(8) NOT NULL, 
	PRIMARY KEY (position, "view"), 
	FOREIGN KEY(position) REFERENCES inspections (position)
);
INSERT INTO "inspection_pictures" VALUES(1,0,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','png');
INSERT INTO "inspection_pictures" VALUES(2,0,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','png');
INSERT INTO "inspection_pictures" VALUES(3,0,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','png');
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
	row_hash VARCHAR(64) NOT NULL, 
	UNIQUE (inspection_id, revision), 
	UNIQUE (plc_boot_id, trigger_seq, trigger_cycle), 
	UNIQUE (supersedes), 
	FOREIGN KEY(supersedes) REFERENCES inspections (position)
);
INSERT INTO "inspections" VALUES(1,1,NULL,'00000000000000000000000000000001',0,0,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:01.100000',3,7,'pass','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"published":true,"recorded_at":"2026-03-02T06:00:01.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null}','0000000000000000000000000000000000000000000000000000000000000000','254bd8090dea1d6c329378bbb5c03a50ef18d48d898f1f95b3af245a3e4562ed');
INSERT INTO "inspections" VALUES(2,2,NULL,'00000000000000000000000000000002',0,0,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:02.100000',3,7,'rework','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"rework","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"scratch","view":"top"}],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null}','254bd8090dea1d6c329378bbb5c03a50ef18d48d898f1f95b3af245a3e4562ed','229a9126fa1b5c5e19e1113996e4ecf9ac3006dbd178f469c2653b692d8d740a');
INSERT INTO "inspections" VALUES(3,1,1,'00000000000000000000000000000001',1,NULL,7,1,1001,'2026-03-02 06:00:01.000000','2026-03-02 06:00:02.100000',3,7,'pass','reflex',1,'released',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1001,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":1},"explanation":"","inspection_id":"00000000000000000000000000000001","late_decision":null,"missed":null,"outcome":"released","outcome_at":"2026-03-02T06:00:02.100000Z","pictures":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"published":true,"recorded_at":"2026-03-02T06:00:02.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1001,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:01Z","seen_ns":0,"seq":1},"truth":null}','229a9126fa1b5c5e19e1113996e4ecf9ac3006dbd178f469c2653b692d8d740a','0d34bc2b99bdc6e012652347916a661f2338205be05ca7509637af65784c7997');
INSERT INTO "inspections" VALUES(4,2,2,'00000000000000000000000000000002',1,NULL,7,2,1002,'2026-03-02 06:00:02.000000','2026-03-02 06:00:03.100000',3,7,'rework','reflex',1,'diverted',NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"rework","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[{"box":[1,2,30,4],"length_mm":14.2,"score":0.9,"severity":"major","type":"scratch","view":"top"}],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1002,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":2},"explanation":"","inspection_id":"00000000000000000000000000000002","late_decision":null,"missed":null,"outcome":"diverted","outcome_at":"2026-03-02T06:00:03.100000Z","pictures":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"published":true,"recorded_at":"2026-03-02T06:00:03.100000Z","recording_ms":null,"revision":1,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1002,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:02Z","seen_ns":0,"seq":2},"truth":null}','0d34bc2b99bdc6e012652347916a661f2338205be05ca7509637af65784c7997','f63daff3b5a69b2953d65c07d1bdeb5015949fea8f755c9f95174e00fa70ed02');
INSERT INTO "inspections" VALUES(5,5,NULL,'00000000000000000000000000000003',0,0,7,3,1003,'2026-03-02 06:00:03.000000','2026-03-02 06:00:03.100000',3,7,'pass','reflex',1,NULL,NULL,0,0,0,0,100.0,'{"accepted_ms":null,"certificate":null,"decision":{"action":"pass","confidence":0.97,"decided_by":"reflex","defect_score":null,"defects":[],"gauges":[],"model":{"name":"passgate-reflex","sha256":"0000000000000000000000000000000000000000000000000000000000000000","version":"1"},"part_id":1003,"reason":"no defect","recipe":{"id":3,"version":7},"schema":1,"timings_ms":{"capture":11.0,"gauges":null,"memory":null,"quality":null,"reasoning":null,"store":null,"total":100.0,"trigger_to_capture":null,"vision":20.5},"trigger_seq":3},"explanation":"","inspection_id":"00000000000000000000000000000003","late_decision":null,"missed":null,"outcome":null,"outcome_at":null,"pictures":[],"published":true,"recorded_at":"2026-03-02T06:00:03.100000Z","recording_ms":null,"revision":0,"simulated":false,"trigger":{"deadline_ms":500,"part_id":1003,"plc_boot_id":7,"recipe_request":0,"seen_at":"2026-03-02T06:00:03Z","seen_ns":0,"seq":3},"truth":null}','f63daff3b5a69b2953d65c07d1bdeb5015949fea8f755c9f95174e00fa70ed02','29c1e4e229beefe2521c4a99a76c9394171f53b671c50ae1ddbef891ac41f8a4');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('inspections',5);
COMMIT;
