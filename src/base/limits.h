/* limits.h - every ceiling in the program, in one table */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#define PF_KIB(n) ((size_t)(n) << 10)
#define PF_MIB(n) ((size_t)(n) << 20)
#define PF_GIB(n) ((size_t)(n) << 30)

/* text files of a model */
#define PF_MAX_TEXT_FILE PF_MIB(8)	/* MLmodel, conda.yaml, requirements.txt and the like */
#define PF_MAX_YAML_DEPTH 64		/* nested collections */
#define PF_MAX_YAML_NODES 200000	/* nodes, those of an expanded alias counted each time */
#define PF_MAX_TOML_DEPTH 64		/* nested tables and lists, parts of a key */
#define PF_MAX_TOML_NODES 1000000	/* of a lock of thousands of packages */
#define PF_MAX_INCLUDE_DEPTH 8		/* -r inside -r */
#define PF_MAX_REQ_LINE PF_KIB(64)	/* one logical line of a requirements file */
#define PF_MAX_REQUIREMENTS 20000	/* requirements of one model */
#define PF_MAX_WISHES 10000		/* packages and hosts that index options name */
#define PF_MAX_MARKER_DEPTH 64		/* nested parentheses of a marker */
#define PF_MAX_VERSION 4096		/* bytes of one version */
#define PF_MAX_SPECIFIERS 1000		/* version specifiers of one requirement */
#define PF_MAX_MATCH_SPEC PF_KIB(16)	/* bytes of one match spec of conda */
#define PF_MAX_REGEX 1024		/* steps that a regular expression is made of */
#define PF_MAX_REQ_INCLUDES 1000	/* files that one model includes, counted each time */
#define PF_MAX_REQ_BYTES PF_MIB(32)	/* bytes of them in all */
#define PF_MAX_WHEEL_TAGS 4096		/* tags one wheel name stands for */

/* json */
#define PF_MAX_JSON_DEPTH 64		/* nested collections of a small document */
#define PF_MAX_JSON_NUMBER 4300		/* digits of an integer, as Python's own limit */
#define PF_MAX_INPUT PF_GIB(4)		/* a request, a CSV file */
#define PF_MAX_ANSWER PF_MIB(256)	/* a model's answer, as a frame or as text */
#define PF_MAX_VALUE_DEPTH 128		/* lists in lists, in a request or an answer */
#define PF_MAX_INPUT_KEY PF_KIB(64)	/* one key of a request's object */
#define PF_MAX_COLUMNS 100000		/* columns of one table, keys of one object */
#define PF_MAX_CELLS 100000000		/* cells of one table */
#define PF_MAX_UNPACKED_INPUT PF_GIB(64) /* arrays of one archive, unpacked onto a disk */
#define PF_MAX_DESCRIPTOR (1 << 20)	/* the number of one that is handed to us */
#define PF_MAX_FRAME PF_GIB(8)		/* one frame to or from a runner */

/* artifacts that are read, never loaded */
#define PF_MAX_ARTIFACT PF_GIB(1)	/* a pickle or an archive member, unpacked */
#define PF_MAX_PICKLE_OPS 50000000	/* opcodes of one file */
#define PF_MAX_PICKLE_STACK (1 << 24)	/* values on its stack at a time */
#define PF_MAX_PICKLE_MEMO (1 << 24)	/* values that it remembers */
#define PF_MAX_PICKLE_TEXT PF_MIB(256)	/* short texts of one pickle, any of which may be a name */
#define PF_MAX_PICKLE_NAME 1024		/* bytes of a module's or an object's name */
#define PF_MAX_PICKLE_NAMES 100000	/* modules and names it mentions */
#define PF_MAX_ZIP_MEMBERS 100000	/* members of one archive */
#define PF_MAX_ZIP_DIRECTORY PF_MIB(64)	/* what an archive says about its members */
#define PF_MAX_ZIP_UNPACKED PF_MIB(512)	/* members of one artifact, together */
#define PF_ZIP_KEPT PF_MIB(4)		/* of room for one member, while others are read */
#define PF_ZIP_WHOLE PF_MIB(8)		/* a wheel's member held whole; bigger ones in pieces */
#define PF_ZIP_PIECE PF_KIB(64)		/* ... of this size */
#define PF_MAX_ARTIFACT_FILES 20000	/* files of a model that are looked at */
#define PF_MAX_CODE_DEPTH 200		/* brackets and strings in one another, in a model's code */
#define PF_MAX_CODE_INDENT 100		/* blocks in blocks */
#define PF_MAX_SCHEMA_DEPTH 4000	/* nested collections of a skops schema */

/* python and its environments */
#define PF_MAX_DIST_INFO PF_MIB(2)	/* one METADATA file */
#define PF_MAX_ENTRY_POINTS 1000	/* scripts that one conda package wants made */
#define PF_MAX_RECORD PF_MIB(64)	/* the list of files of one distribution */
#define PF_MAX_ENV_FILES 4000000	/* files and folders of one environment */
#define PF_MAX_DISTS 20000		/* distributions of one environment */
#define PF_MAX_LOCK PF_MIB(64)		/* a plan or a lock as text */
#define PF_MAX_LOCK_STEPS 20000000	/* from package to package of one lock */
#define PF_MAX_MANIFEST PF_MIB(512)	/* the list of an environment's files */
#define PF_MAX_DRIVER_LOG PF_MIB(16)	/* what is read of a driver's log */
#define PF_MAX_SCRIPT PF_MIB(64)	/* a text file whose paths are rewritten */
#define PF_MAX_PROC_OUTPUT PF_MIB(64)	/* what a driver prints, kept in memory */
#define PF_MAX_PATH 4096		/* bytes of a path, its end included */
#define PF_MAX_STORE_PATH 3900		/* bytes of the store's own path: names below it must fit */
#define PF_MAX_DIR_DEPTH 2048		/* folders in folders, when a tree is removed */
#define PF_MAX_SWEEPS 1000		/* rounds of ending what a model's processes left behind */
#define PF_MAX_DOWNLOAD PF_GIB(2)	/* a standalone interpreter */
#define PF_MAX_DIST PF_GIB(8)		/* a wheel or a source distribution, as it comes */
#define PF_MAX_REDIRECTS 10
#define PF_MAX_GIT_OBJECTS 4000000	/* commits, folders and files of one repository */
#define PF_MAX_IN_FLIGHT 64		/* transfers at a time */
#define PF_NET_TRIES 4			/* of each transfer, unless the user says */
#define PF_MAX_NET_TRIES 30

/* models that are written */
#define PF_MAX_EXAMPLE_CELLS 2000000	/* of a table that is an input example */
#define PF_MAX_MODEL_DEPTH 100		/* folders in folders of what is copied into one */

/* fetched models */
#define PF_MAX_LOOKED_INTO PF_MIB(64)	/* an artifact that diff fetches to look into it */
#define PF_MAX_MODEL_FILES 100000
#define PF_MAX_MODEL_BYTES ((uint64_t)1 << 42) /* of all files together */
#define PF_MAX_LISTING PF_MIB(64)	/* one page of a server's list of files */
#define PF_MAX_PAGES 10000		/* ... and how many of them */
#define PF_MAX_XML_DEPTH 32		/* elements in elements of such a list */
#define PF_MAX_XML_TEXT PF_KIB(64)	/* a name, or the texts around one element */
#define PF_MAX_REST PF_MIB(16)		/* one answer of a tracking server */
#define PF_MAX_HOPS 4			/* from a model's URI to where its files are */

/* published models */
#define PF_MAX_UPLOADS 8		/* files, or parts of them, on their way at a time */
#define PF_UPLOAD_PART PF_MIB(16)	/* of a file that goes to S3 in parts, at least */
#define PF_MAX_UPLOAD_PARTS 10000	/* of one file: what S3 takes */
#define PF_MAX_METRICS 1000 /* of a run's step, that its model takes over at a time */
#define PF_MAX_PARAMS 100		/* of a run, that a logged model takes over at a time */

/* package indexes */
#define PF_MAX_CHANNELS 1000		/* of conda's, for one environment */
#define PF_MAX_CONDA_RULES 1000		/* of the user's, on what packages may be */
#define PF_MAX_CHANNEL_DEPTH 4		/* names of conda's channels that stand for others */
#define PF_MAX_PAGE PF_MIB(256)		/* a project's page, unpacked */
#define PF_MAX_PAGE_FILES 500000	/* files of one page */
#define PF_MAX_PAGE_VERSIONS 50000	/* versions of one project */

/* conda's channels */
#define PF_MAX_REPODATA PF_GIB(4)	/* what one subdir of a channel has, unpacked */
#define PF_MAX_REPODATA_PACKED PF_GIB(1) /* ... and as it comes */
#define PF_MAX_REPODATA_HEAD PF_MIB(1)	/* of it, what is about no package */
#define PF_MAX_REPODATA_NAMES 1000000	/* packages by name of one subdir */
#define PF_MAX_REPODATA_RUNS 4000000	/* stretches of records of one name */
#define PF_MAX_REPODATA_INDEX PF_MIB(512) /* the list of both, on disk */
#define PF_MAX_REPODATA_NAME PF_MIB(256) /* all records of one name */
#define PF_MAX_SHARD PF_MIB(64)		/* the same as a file of its own, packed */
#define PF_MAX_CONDA_RECORDS 2000000	/* of one solution's packages, those passed over too */
#define PF_MAX_CONDA_PAIRS 40000000	/* of its candidates for one name */
#define PF_WAIT_CONDA_SOLVE 120		/* for one search */

/* the native resolver */
#define PF_MAX_SOLVE_PACKAGES 20000	/* projects that are needed, and their extras */
#define PF_MAX_SOLVE_VERSIONS 100000	/* versions of one project */
#define PF_MAX_SOLVE_STEPS ((size_t)1000000) /* versions tried and conflicts met */
#define PF_MAX_SOLVE_BYTES PF_GIB(1)	/* what it has to remember */
#define PF_MAX_SOLVE_ROUNDS 64		/* in which what is held back is let go */
#define PF_MAX_SOLVE_FACTS 16		/* that a conflict is told in */
#define PF_MAX_SOLVE_HOPELESS 10	/* of those, about what was asked for and cannot be had */
#define PF_MAX_SOLVE_REASON 700		/* bytes of why a version cannot be used, with its builds */

/* wheels */
#define PF_MAX_WHEEL PF_GIB(16)		/* all of one, unpacked */
#define PF_MAX_WHEEL_MEMBER PF_GIB(4)	/* one file of it */
#define PF_WHEEL_DENSE PF_MIB(64)	/* beyond this, unpacked to packed is looked at */
#define PF_MAX_WHEEL_RATIO 200		/* ... and may be this; deflate itself reaches 1032 */
#define PF_MAX_WHEEL_PATH 1024		/* bytes of a member's name */
#define PF_MAX_WHEEL_DEPTH 100		/* folders in folders */
#define PF_MAX_CREW 16			/* threads that unpack at a time */
#define PF_MAX_NAME 255			/* bytes of one part of a path, as file systems have it */

/* conda packages */
#define PF_MAX_CONDA PF_GIB(64)		/* all of one, unpacked */
#define PF_MAX_CONDA_FILES 500000	/* files and folders of one */
#define PF_MAX_CONDA_INFO PF_MIB(256)	/* one text below info/ */

/* builds of source distributions */
#define PF_MAX_SOURCE PF_GIB(4)		/* all files of one, unpacked */
#define PF_MAX_SOURCE_FILES 200000
#define PF_MAX_BUILDS_IN_VAIN 5		/* of one project: no other version is tried */
#define PF_MAX_BUILD_DEPTH 5		/* builds of what a build needs, of what that needs */
#define PF_MAX_BUILD_FILE PF_GIB(8)	/* one file that it writes */
#define PF_MAX_BUILD_LOG PF_MIB(16)	/* what it prints */
#define PF_MAX_BUILD_ANSWER PF_MIB(1)	/* what one of its hooks returns */

/* workers that stay */
#define PF_MAX_WARM_FILES 20000		/* of a model, looked at before each run */
#define PF_MAX_WARM_CHILDREN 64		/* requests at a time, where each has a process */

/* the scoring server */
#define PF_MAX_REQUEST_LINE PF_KIB(8)	/* of an HTTP request */
#define PF_MAX_HTTP_HEAD PF_KIB(32)	/* its line and its fields */
#define PF_MAX_HTTP_FIELDS 100
#define PF_MAX_CHUNK_LINE PF_KIB(4)	/* a chunk's size with its extensions; a trailer */
#define PF_MAX_BODY PF_MIB(64)		/* of a request, unless the user says */
#define PF_MAX_BODIES PF_GIB(2)		/* of all requests at a time */
#define PF_MAX_CONNECTIONS 4096		/* at a time; more wait in the kernel's queue */
#define PF_MAX_SERVE_WORKERS 256
#define PF_MAX_QUEUE 256		/* requests that wait for a worker, unless the user says */
#define PF_MAX_DIRECT PF_KIB(4)		/* a request that the loop reads: 1 ms at the worst ... */
#define PF_MAX_DIRECT_SIGNATURE PF_KIB(16) /* ... unless this is longer */
#define PF_MAX_BATCH 256		/* requests that go to a model together */
#define PF_MAX_TOKEN 4096		/* bytes of a bearer token */
#define PF_MAX_TOKENS 1000
#define PF_SMALL_INPUT PF_KIB(64) /* of `run`: threads of numerical libraries are not worth it */
#define PF_SMALL_BODY PF_KIB(64) /* read to its end although it is refused: the connection stays */
#define PF_MIN_PROGRESS PF_KIB(30)	/* bytes that a slow client must move in PF_WAIT_CLIENT */

/* waiting, in seconds */
#define PF_WAIT_CLIENT \
	30 /* for a request's head; for each PF_MIN_PROGRESS of a body or an answer */
#define PF_WAIT_IDLE 75			/* for the next request of a connection */
#define PF_WAIT_LINGER 2		/* for a client to read why its connection is closed */
#define PF_WAIT_SCORE 60		/* for an answer, unless the user says; MLflow's default */
#define PF_WAIT_DRAIN 30 /* for requests that are under way, once we are asked to stop */
#define PF_WAIT_RESTART 30		/* at most, before a worker that failed is started again */
#define PF_WAIT_WARM 2			/* for a worker to turn to us, before we go without it */
#define PF_WAIT_ATTACHED 30		/* for what a worker's client is to send, or to read */
#define PF_AGE_WARM 300			/* an idle worker stays so long, unless the user says */
#define PF_MAX_AGE_WARM 604800
#define PF_WAIT_LOOK 5			/* between a worker's looks at whether it is still wanted */
#define PF_WAIT_LOCK 3600		/* for another process that builds the same thing */
#define PF_WAIT_QUERY 30		/* for an interpreter to tell of itself */
#define PF_WAIT_DRIVER 14400		/* for uv or pip to resolve, to install, to build */
#define PF_WAIT_BUILD 7200		/* for one hook of a build */
#define PF_WAIT_SCRIPT 600		/* for a script of a conda package */
#define PF_WAIT_SOLVE 1800		/* for the native resolver, the index's answers included */
#define PF_WAIT_CONNECT 10		/* for a server to take a connection */
#define PF_WAIT_MACHINE 1		/* for a cloud's machine to say who it is, if it is one */
#define PF_WAIT_PROCESS 60		/* for a program that tells who we are at AWS */
#define PF_WAIT_STALL 30			/* without a byte from a server */
#define PF_WAIT_TAKE 300			/* for a server to say that it has taken a file */
#define PF_WAIT_READY 300		/* for a registered version; MLflow's default */
#define PF_MAX_NET_WAIT 3600		/* what the user may make of those two */
#define PF_WAIT_BETWEEN 60		/* at most, before a transfer is tried again */
#define PF_AGE_CACHE (30 * 86400)	/* wheels and pages that no environment needs are kept */
#define PF_AGE_PAGE 600			/* an index's page is good, unless its server says */
#define PF_WAIT_GRACE 5			/* between SIGTERM and SIGKILL */
#define PF_WAIT_INTERRUPTED 1		/* the same, when we were asked to stop ourselves */
#define PF_WAIT_THREADS 2		/* for a model's threads, once it has answered */
#define PF_WAIT_REMOVAL 10		/* for who removes an environment to be done with it */
#define PF_TRIES_HOLD 3			/* to make one that others remove */
#define PF_TRIES_REMOVE 8	/* of a folder into which others still write */
#define PF_AGE_GC 60			/* unlocked leftovers older than this are removed by gc */
#define PF_AGE_LOG 2592000		/* logs of failed work older than this are removed by gc */
#define PF_AGE_TMP 86400		/* unlocked leftovers older than this are swept */

/* text shown to a user */
#define PF_MAX_SHOWN 200		/* bytes of one piece of untrusted text in a message */
