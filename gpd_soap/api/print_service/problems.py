"""The problems of the platform's service that prints notices, with its titles and statuses.

SPEC: the platform's service that prints notices: its errors.
"""

from __future__ import annotations

from gpd_soap.api.problems import Problem

#: The detail is the reason in Italian, for the person who asks for the notice.
NOT_PRINTED = Problem(400, "Bad Request", "{}")
SEVERAL_ORGANIZATIONS = Problem(
    400, "Bad Request", "Expected the notices of one organization: send one request for each."
)
NOT_ALLOWED = Problem(
    403, "Not allowed for notice ci tax code", "The key is not for the organization of a notice."
)
NOT_COMPLETE = Problem(
    403, "Notice request To Be Completed", "Notices of the folder still wait: ask again later."
)
NO_TEMPLATE = Problem(404, "Template Not Found", "No template has this id.")
NO_INSTITUTION = Problem(
    404, "Institution Not Found", "The organization of the notices is not registered here."
)
NO_FOLDER = Problem(
    404, "Folder Not Available", "There is no folder of this id that the key may read."
)
NO_FILE = Problem(404, "Couldn't get file url", "The folder has no document of this name.")
NO_ERROR = Problem(404, "Error not found", "The folder has no error of this id.")
