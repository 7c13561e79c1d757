"""Who is at the other end of a named pipe of Windows. Written from its documentation, never run there.

A pipe made by asyncio has the default access list: everybody may read it, and clients of other
machines may connect. So each end asks the system who the other is before it says a word.
"""

import sys

if sys.platform == "win32":
    import ctypes
    import os
    from ctypes import byref, wintypes

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _security = ctypes.WinDLL("advapi32", use_last_error=True)

    _LOCAL = 229  # ERROR_PIPE_LOCAL: "this call is not supported on the local machine"
    _NAME = 256  # characters of a computer's name
    _ACCESS = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
    _TOKEN_QUERY = 0x0008
    _TOKEN_USER = 1  # of TOKEN_INFORMATION_CLASS

    for _function, _types in {
        _kernel.OpenProcess: (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD),
        _kernel.CloseHandle: (wintypes.HANDLE,),
        _kernel.GetNamedPipeClientComputerNameW: (wintypes.HANDLE, wintypes.LPWSTR, wintypes.ULONG),
        _kernel.GetNamedPipeClientProcessId: (wintypes.HANDLE, ctypes.POINTER(wintypes.ULONG)),
        _kernel.GetNamedPipeServerProcessId: (wintypes.HANDLE, ctypes.POINTER(wintypes.ULONG)),
        _security.OpenProcessToken: (wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE)),
        _security.GetTokenInformation: (
            wintypes.HANDLE,
            ctypes.c_int,
            ctypes.c_void_p,
            wintypes.DWORD,
            ctypes.POINTER(wintypes.DWORD),
        ),
        _security.GetLengthSid: (ctypes.c_void_p,),
    }.items():
        _function.argtypes = _types
    _kernel.OpenProcess.restype = wintypes.HANDLE

    def client_is_ours(pipe: int) -> bool:
        """Tell, at the daemon's end, whether the client is of this machine and runs as we do."""
        name = ctypes.create_unicode_buffer(_NAME)
        is_remote = _kernel.GetNamedPipeClientComputerNameW(pipe, name, ctypes.sizeof(name))
        if is_remote or ctypes.get_last_error() != _LOCAL:
            return False
        return _is_ours(pipe, _kernel.GetNamedPipeClientProcessId)

    def server_is_ours(pipe: int) -> bool:
        """Tell, at the client's end, whether the daemon runs as we do."""
        return _is_ours(pipe, _kernel.GetNamedPipeServerProcessId)

    def _is_ours(pipe: int, ask: ctypes._NamedFuncPointer) -> bool:
        process = wintypes.ULONG()
        try:
            _check(ask(pipe, byref(process)))
            return _user_of(process.value) == _user_of(os.getpid())
        except OSError:  # it has gone, or we may not know
            return False

    def _user_of(pid: int) -> bytes:
        """Return the SID of the user that a process runs as. Raises OSError."""
        process = _check(_kernel.OpenProcess(_ACCESS, False, pid))
        token = wintypes.HANDLE()
        try:
            _check(_security.OpenProcessToken(process, _TOKEN_QUERY, byref(token)))
        finally:
            _kernel.CloseHandle(process)
        try:
            return _user_of_token(token)
        finally:
            _kernel.CloseHandle(token)

    def _user_of_token(token: wintypes.HANDLE) -> bytes:
        """Read TOKEN_USER: a pointer to the SID, which stands behind it in the same bytes."""
        size = wintypes.DWORD()
        _security.GetTokenInformation(token, _TOKEN_USER, None, 0, byref(size))
        user = ctypes.create_string_buffer(size.value)
        _check(_security.GetTokenInformation(token, _TOKEN_USER, user, size, byref(size)))
        sid = ctypes.c_void_p.from_buffer(user).value
        return ctypes.string_at(sid or 0, _security.GetLengthSid(sid))

    def _check(result: int | None) -> int:
        """Raises OSError when a function has returned zero."""
        if not result:
            raise ctypes.WinError(ctypes.get_last_error())
        return result
