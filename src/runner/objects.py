# objects.py - objects that frames have no kind for, taken apart and put together, by a fixed table of tags
# SPDX-License-Identifier: Apache-2.0
# Compiled into the runner as text, with objects_numpy.py and objects_pandas.py behind it in the same names, and
# run by any Python from 3.6 on. The other side is not trusted: a tag is looked up in MAKERS, and no module, class
# or attribute is ever found by a name that came from there.
import re
import sys

TAKERS = {}  # (module, name in it): (tag, function of an object: what it is made of)
MAKERS = {}  # tag: function of what it is made of: the object
CLASSES = {}  # those of TAKERS whose modules are imported
SEEN = {}  # type: its (tag, function)


def takes(tag, module, *names):
    """What the function returns stands behind the tag; with the tag "" it is an object in place of this one."""

    def keep(function):
        for name in names:
            TAKERS[module, name] = tag, function
        return function

    return keep


def makes(tag):
    def keep(function):
        MAKERS[tag] = function
        return function

    return keep


def class_of(module, name):
    """Of a module that is imported, if it has it."""
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def taker(kind):
    """By the class itself or the nearest that it is derived from."""
    if kind not in SEEN:
        for (module, name), entry in TAKERS.items():
            found = class_of(module, name)
            if isinstance(found, type):
                CLASSES[found] = entry
        nearest = [CLASSES[base] for base in kind.__mro__ if base in CLASSES]
        if not nearest:
            raise TypeError(
                "an object of type %s.%s, which cannot be sent to or from a model's environment"
                % (kind.__module__, kind.__qualname__)
            )
        if len(SEEN) > 1000:
            SEEN.clear()
        SEEN[kind] = nearest[0]
    return SEEN[kind]


def plain(o):
    """(tag, what it is made of)"""
    tag, take = taker(type(o))
    if tag is None:  # it depends
        return take(o)
    return tag, take(o)


def build(tag, value):
    make = MAKERS.get(tag)
    if make is None:
        raise ValueError("an object of kind %.80r, which this side does not know" % tag)
    need(not is_range(value), "a range for its contents")  # it may be of any length
    try:
        return make(value)
    except ImportError as e:
        raise ImportError("an object of kind %r needs a package that this side lacks: %s" % (tag, e)) from e
    except (ValueError, MemoryError):
        raise
    except Exception as e:
        raise ValueError("an object of kind %r that cannot be made here: %s: %s" % (tag, type(e).__name__, e)) from e


def need(condition, what):
    if not condition:
        raise ValueError(what)


def is_range(v):
    return type(v) is range or type(v) is class_of("pandas", "RangeIndex")


def listed(v):
    """A list itself, not a range, which is as long as it says."""
    need(type(v) is list, "not a list")
    return v


def parts(v, n):
    """A list of just so many."""
    need(len(listed(v)) == n, "not a list of %d" % n)
    return v


# ---- containers and numbers; of classes derived from them no more is kept than of these ----


@takes(None, "builtins", "dict")
def take_dict(o):
    if type(o) is not dict:
        return "", dict(o)
    return "dict", [part for pair in o.items() for part in pair]


MAKERS["dict"] = lambda v: dict(zip(listed(v)[::2], v[1::2]))
takes("OrderedDict", "collections", "OrderedDict")(lambda o: take_dict(dict(o))[1])
takes("tuple", "builtins", "tuple")(list)
takes("set", "builtins", "set")(list)
takes("frozenset", "builtins", "frozenset")(list)
takes("", "builtins", "list")(lambda o: list(o))
takes("bytearray", "builtins", "bytearray")(bytes)
takes("", "builtins", "memoryview")(bytes)
takes("range", "builtins", "range")(lambda o: [o.start, o.stop, o.step])
takes("slice", "builtins", "slice")(lambda o: [o.start, o.stop, o.step])
takes("complex", "builtins", "complex")(lambda o: [o.real, o.imag])
takes("", "builtins", "float")(lambda o: float.__float__(o))
takes("", "builtins", "bytes")(lambda o: bytes(memoryview(o)))
takes("decimal", "decimal", "Decimal")(str)
takes("fraction", "fractions", "Fraction")(lambda o: [o.numerator, o.denominator])
takes("uuid", "uuid", "UUID")(lambda o: o.bytes)
takes("", "pydantic", "BaseModel")(lambda o: o.model_dump() if hasattr(o, "model_dump") else o.dict())


@makes("OrderedDict")
def make_ordered(v):
    from collections import OrderedDict

    return OrderedDict(zip(listed(v)[::2], v[1::2]))


MAKERS["tuple"] = lambda v: tuple(listed(v))
MAKERS["set"] = lambda v: set(listed(v))
MAKERS["frozenset"] = lambda v: frozenset(listed(v))
MAKERS["bytearray"] = lambda v: bytearray(v + b"")
MAKERS["range"] = lambda v: range(*parts(v, 3))
MAKERS["slice"] = lambda v: slice(*parts(v, 3))
MAKERS["complex"] = lambda v: complex(*parts(v, 2))


@takes(None, "builtins", "int")
def take_int(o):
    if type(o) is not int:
        return "", int.__int__(o)
    return "int", o.to_bytes(o.bit_length() // 8 + 1, "little", signed=True)


@makes("int")
def make_int(v):
    return int.from_bytes(v + b"", "little", signed=True)


@takes(None, "builtins", "str")
def take_str(o):
    if type(o) is not str:
        return "", str.__str__(o)
    return "str", o.encode("utf-8", "surrogatepass")


@makes("str")
def make_str(v):
    return v.decode("utf-8", "surrogatepass")


@makes("decimal")
def make_decimal(v):
    from decimal import Decimal

    return Decimal(v + "")


@makes("fraction")
def make_fraction(v):
    from fractions import Fraction

    numerator, denominator = parts(v, 2)
    need(type(numerator) is int and type(denominator) is int, "a fraction of other than integers")
    return Fraction(numerator, denominator)


@makes("uuid")
def make_uuid(v):
    from uuid import UUID

    return UUID(bytes=v)


# ---- dates ----


def take_zone(zone):
    """None, ["fixed", seconds, name], or ["zone", its name, the library]"""
    import datetime

    if zone is None:
        return None
    library = type(zone).__module__.partition(".")[0]
    for name in (getattr(zone, "key", None), getattr(zone, "zone", None), zone_of_file(zone)):
        if isinstance(name, str) and ZONE.match(name):
            return ["zone", name, library]
    if library == "dateutil" and type(zone).__name__ == "tzlocal":
        raise TypeError("dateutil's local time zone, which is another one elsewhere")
    offset = zone.utcoffset(None)
    if offset is None:
        raise TypeError("a time zone of type %s.%s" % (type(zone).__module__, type(zone).__qualname__))
    name = zone.tzname(None) if type(zone) is datetime.timezone else None
    fixed = name if name is not None and name != datetime.timezone(offset).tzname(None) else None
    if library == "datetime":
        library = ""
    return ["fixed", offset.total_seconds(), fixed, library]


ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*\Z")


def zone_of_file(zone):
    """dateutil keeps the path that it read."""
    path = getattr(zone, "_filename", None)
    return path.rpartition("zoneinfo/")[2] if isinstance(path, str) else None


def by_zoneinfo(name):
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def by_pytz(name):
    import pytz

    return pytz.timezone(name)


def by_dateutil(name):
    from dateutil import tz

    found = tz.gettz(name)
    need(found is not None, "no such time zone: " + name)
    return found


def by_pandas(name):
    """Of the library that this pandas takes by itself."""
    import pandas

    return pandas.Timestamp(0, tz=name).tz


ZONES = {"zoneinfo": by_zoneinfo, "pytz": by_pytz, "dateutil": by_dateutil, "pandas": by_pandas}


def fixed_zone(seconds, name, library):
    import datetime

    offset = datetime.timedelta(seconds=seconds)
    if library == "pytz" and "pytz" in sys.modules and seconds % 60 == 0:
        return sys.modules["pytz"].FixedOffset(int(seconds) // 60)
    if library == "dateutil" and "dateutil.tz" in sys.modules:
        tz = sys.modules["dateutil.tz"]
        return tz.tzutc() if not seconds and name is None else tz.tzoffset(name, seconds)
    if not seconds and name is None:
        return datetime.timezone.utc
    return datetime.timezone(offset) if name is None else datetime.timezone(offset, name)


def make_zone(v):
    """By the library that it was of, else by another that is there."""
    if v is None:
        return None
    if listed(v)[0] == "fixed":
        return fixed_zone(*parts(v, 4)[1:])
    _, name, library = parts(v, 3)
    need(ZONE.match(name), "no name of a time zone")
    first = [ZONES[library]] if library in ZONES else []
    for by in first + list(ZONES.values()):
        try:
            return by(name)
        except ImportError:
            pass
        except (KeyError, OSError) as e:
            raise ValueError("no such time zone: %s" % name) from e
    raise ImportError("no package that knows time zones by name")


takes("zone", "datetime", "tzinfo")(take_zone)
MAKERS["zone"] = make_zone


@takes("datetime", "datetime", "datetime")
def take_datetime(o):
    fields = [o.year, o.month, o.day, o.hour, o.minute, o.second, o.microsecond, o.fold]
    zone = take_zone(o.tzinfo)
    return [fields, zone, o.utcoffset().total_seconds() if zone and zone[0] == "zone" else None]


@makes("datetime")
def make_datetime(v):
    """pytz has an object for each offset of a zone, and no fold; it is found again by the moment."""
    import datetime

    (year, month, day, hour, minute, second, micro, fold), told, offset = v
    wall = datetime.datetime(year, month, day, hour, minute, second, micro, fold=fold)
    zone = make_zone(told)
    if offset is not None and (hasattr(zone, "localize") or told[2] == "pytz"):
        utc = (wall - datetime.timedelta(seconds=offset)).replace(tzinfo=datetime.timezone.utc)
        return utc.astimezone(zone)
    return wall.replace(tzinfo=zone)


takes("date", "datetime", "date")(lambda o: [o.year, o.month, o.day])
takes("time", "datetime", "time")(
    lambda o: [o.hour, o.minute, o.second, o.microsecond, o.fold, take_zone(o.tzinfo)]
)
takes("timedelta", "datetime", "timedelta")(lambda o: [o.days, o.seconds, o.microseconds])


@makes("date")
def make_date(v):
    import datetime

    return datetime.date(*parts(v, 3))


@makes("time")
def make_time(v):
    import datetime

    hour, minute, second, micro, fold, zone = parts(v, 6)
    return datetime.time(hour, minute, second, micro, make_zone(zone), fold=fold)


@makes("timedelta")
def make_timedelta(v):
    import datetime

    return datetime.timedelta(*parts(v, 3))
