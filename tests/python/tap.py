# tap.py - test modules of unittest, named on the command line, as TAP
# SPDX-License-Identifier: Apache-2.0
import faulthandler
import logging
import sys
import unittest

LIMIT = 300  # seconds of a test, after which is told what every thread is at


class Tap(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.shown = test.id().partition(".")[2]
        faulthandler.dump_traceback_later(LIMIT, exit=True)

    def line(self, word, more=""):
        print(f"{word} {self.testsRun} - {self.shown}{more}", flush=True)

    def addSuccess(self, test):
        self.line("ok")

    def addSkip(self, test, reason):
        self.line("ok", f" # SKIP {reason}")

    def addExpectedFailure(self, test, err):
        self.line("ok")

    def wrong(self, test, err):
        self.shown = getattr(self, "shown", str(test))
        self.line("not ok")
        for text in self._exc_info_to_string(err, test).splitlines()[-40:]:
            print("# " + text, flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.wrong(test, err)

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            print("# in " + str(subtest))
            for text in self._exc_info_to_string(err, test).splitlines()[-40:]:
                print("# " + text)
            self.line("not ok")


logging.getLogger("pyfunc_env").addHandler(logging.NullHandler())  # no last resort on stderr
tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
result = Tap()
tests.run(result)
print(f"1..{result.testsRun}")
sys.exit(not result.wasSuccessful())
